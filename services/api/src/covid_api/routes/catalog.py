"""Which sources and regions there are, and what the measures are called and computed from."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query

from covid_api import schemas
from covid_api.deps import Parts
from covid_api.openapi.answers import example, problems_of
from covid_api.query import Slug
from covid_core import regions
from covid_core.catalog.codes import SOURCES, STATUSES
from covid_core.catalog.measures import MEASURES
from covid_core.catalog.reproduction import RT_NOTES
from covid_core.metrics import PER
from covid_core.regions import Region

router = APIRouter(prefix="/v1", tags=["catalogue"])

_SOURCES: Final = {source.id: source for source in SOURCES}

_MEASURES: Final = {
    "data": msgspec.to_builtins(MEASURES),
    "statuses": msgspec.to_builtins(STATUSES),
    "rt_notes": msgspec.to_builtins(RT_NOTES),
    "per": PER,
}


def _names(source: str) -> dict[str, Any]:
    """A source's long names and short titles."""
    known = _SOURCES.get(source)
    return {
        "source": source,
        "name": known and known.explanation.en,
        "name_fr": known and known.explanation.fr,
        "title": known and known.name.en,
        "title_fr": known and known.name.fr,
    }


@router.get(
    "/sources",
    summary="Sources, and the regions each reports",
    responses={
        200: example({"data": [{**_names("phac"), "regions": ["CA", "CA-ON"]}]}, schemas.SOURCES),
        **problems_of(503),
    },
)
async def sources(parts: Parts) -> dict[str, Any]:
    """Every source that has rows; `name` and `title` are null for a publisher of its own."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for source, region in await parts.reader.pairs():
        found[source].append(region)
    return {"data": [{**_names(source), "regions": codes} for source, codes in found.items()]}


@router.get(
    "/regions",
    summary="Regions, their populations and the sources that report them",
    responses={
        200: example(
            {
                "data": [
                    {
                        "region": "CA-ON",
                        "name": "Ontario",
                        "name_fr": "Ontario",
                        "kind": "province",
                        "country": "CA",
                        "population": 14826276,
                        "sources": ["jhu", "merged", "phac"],
                    }
                ]
            },
            schemas.REGIONS,
        ),
        **problems_of(422, 503),
    },
)
async def region_list(
    parts: Parts,
    source: Annotated[
        Slug | None, Query(description="only regions that this source reports", examples=["phac"])
    ] = None,
) -> dict[str, Any]:
    """Every known region, Canada and its provinces first. Population: residents on 2021-07-01, or null."""
    reporting: defaultdict[str, list[str]] = defaultdict(list)
    for name, code in await parts.reader.pairs(source):
        reporting[code].append(name)
    listed = [region for region in regions.ALL if source is None or region.code in reporting]
    return {"data": [_describe(region, reporting.get(region.code, [])) for region in listed]}


def _describe(region: Region, sources: list[str]) -> dict[str, Any]:
    return {
        "region": region.code,
        "name": region.name,
        "name_fr": region.name_fr,
        "kind": region.kind.value,
        "country": region.country,
        "population": regions.population(region.code),
        "sources": sources,
    }


@router.get(
    "/measures",
    summary="Counts and metrics: names, units, formulas and references, in English and French",
    responses={200: example({**_MEASURES, "data": _MEASURES["data"][:1]}, schemas.MEASURES)},
)
async def measures() -> dict[str, Any]:
    """Every measure of a row, what the statuses and the notes on Rt mean, and per how many inhabitants shares
    are given.

    A measure's value on a day is computed from its `inputs` on that day less each of `days`.
    """
    return _MEASURES
