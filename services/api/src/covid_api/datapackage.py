"""The whole set as a Data Package, version 2 (https://datapackage.org/standard/data-package/)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from covid_api.table_schema import table_schema
from covid_core.catalog.codes import SOURCES
from covid_core.publishers import OF_SOURCE, Licence, Publisher
from covid_core.rows import Column

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
RESOURCE_PROFILE: Final = "https://datapackage.org/profiles/2.0/dataresource.json"

DESCRIPTION: Final = (
    "Cumulative counts of COVID-19 as each source reports them, why a count is missing, and metrics computed "
    "from them, by region (ISO 3166) and day; a table a source. Publishers and licences stand with each "
    "table; of a source of somebody's own none is known here.\n\n"
    "A table is read when it is asked for: `created` is the time of this description. Where the addresses "
    "have `known_at`, in the past, the tables stay the same."
)

_NAMED: Final = {source.id: source for source in SOURCES}


def descriptor(tables: Mapping[str, str], columns: Sequence[Column], created: dt.datetime) -> dict[str, Any]:
    """The package of the tables with these columns, by source at which address. `created`: aware, in UTC.

    The standard asks for at least one table.
    """
    schema = table_schema(columns)
    return {
        "$schema": PROFILE,
        "name": "covid-19-tracker",
        "title": "COVID-19 tracker: counts and metrics by source, region and day",
        "description": DESCRIPTION,
        "version": version("covid-api"),
        "created": created.replace(microsecond=0, tzinfo=None).isoformat() + "Z",
        "resources": [_resource(source, address, schema) for source, address in tables.items()],
    }


def _resource(source: str, address: str, schema: dict[str, Any]) -> dict[str, Any]:
    named = _NAMED.get(source)
    publishers = OF_SOURCE.get(source, ())
    licences = [_licence(each.licence) for each in publishers if each.licence is not None]
    return {
        "$schema": RESOURCE_PROFILE,
        "name": f"covid-{source}",
        "type": "table",
        "path": address,
        "title": named.name.en if named else source,
        "description": named.explanation.en if named else "a publisher of its own",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
        **({"sources": [_source(each) for each in publishers]} if publishers else {}),
        **({"licenses": licences} if licences else {}),
    }


def _source(publisher: Publisher) -> dict[str, str]:
    return {"title": publisher.title, "path": publisher.address}


def _licence(licence: Licence) -> dict[str, str]:
    return {"name": licence.id, "title": licence.title, "path": licence.address}
