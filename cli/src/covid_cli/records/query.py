"""`covid query`: the rows of a region."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from covid_cli.home import Home
from covid_cli.records import table
from covid_cli.records.api import Api
from covid_cli.records.options import AsOf, First, KnownAt, Last, Region, Source, one_region

NEWEST: Final = 14
"""Days that a table shows unless told."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    region: Region,
    *,
    source: Source = "merged",
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    lag: Annotated[
        int | None, typer.Option(help="Each day as its source had reported it so many days later.")
    ] = None,
    fields: Annotated[str | None, typer.Option(help="Columns, comma-separated.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    home: Home = None,
) -> None:
    """Print the counts and metrics of a region; a table shows the newest days unless told."""
    form = Format.JSON if as_json else form
    if form is Format.TABLE:  # which has no column of regions; the other forms do
        one_region(region)
    api = Api(home)
    parameters = {
        "region": region,
        "source": source,
        "from": first,
        "to": last,
        "as_of": as_of,
        "known_at": known_at,
        "lag": lag,
        "fields": fields,
    }
    if form is Format.TABLE:
        _print_table(api, parameters)
        return
    for chunk in api.stream("/v1/metrics", {**parameters, "format": form.value}):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _print_table(api: Api, parameters: dict[str, Any]) -> None:
    given = parameters["fields"]
    columns = [name for name in given.split(",") if name] if given else list(table.COLUMNS)
    asked = {**parameters, "fields": ",".join(table.fields_for(columns))}
    rows = api.get("/v1/metrics", asked)["data"]
    title = f"{parameters['region']} ({parameters['source']})"
    console = Console()
    if not rows:
        console.print(f"There are no rows of {title} in this period.")
        return
    bounded = parameters["from"] is not None or parameters["to"] is not None
    shown = rows if bounded else rows[-NEWEST:]
    keys = [column for column in columns if column not in ("source", "region", "date")]
    console.print(table.render(title, keys, shown))
    if len(shown) < len(rows):
        console.print(f"The newest {len(shown)} of {len(rows):,} days; --from and --to show others.")
