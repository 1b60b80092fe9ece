"""`covid nowcast show|backtest`: options in, numbers out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from covid_cli import broker, published
from covid_cli.alerts import past as log
from covid_cli.console import console
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.nowcast import past
from covid_cli.progress import Tell, telling
from covid_cli.records.api import Api
from covid_cli.records.options import AsOf, KnownAt, Region
from covid_cli.records.words import source_words
from covid_core import regions
from covid_core.logged import Logged
from covid_core.nowcast.backtest import Population
from covid_core.nowcast.interval import LEVEL

_CALLED: Final = {
    Population.ALL: "all",
    Population.CHANGE_EXPECTED: "change expected",
    Population.CHANGED: "changed since",
}

_REASONS: Final = {
    "too-few-reports": "too few reports",
    "settled": "settled",
    "not-reported": "not reported",
}

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Nowcasts: the latest days' counts as they will stand later, and how good that would have been."""


@app.command()
def show(
    region: Region,
    *,
    source: Annotated[str, typer.Option(help="phac, jhu, …", autocompletion=source_words)] = "phac",
    field: Annotated[
        list[str] | None,
        typer.Option(
            help="confirmed, deaths, recovered or tests; repeat.", show_default="confirmed and deaths"
        ),
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The new counts of the latest days: as reported, as expected later, and the 90% interval.

    Exit codes: 0 printed, with or without numbers; 1 no API answers, or it refuses what was asked.
    """
    asked = {"region": region, "source": source, "field": field, "as_of": as_of, "known_at": known_at}
    found = Api(home).get("/v1/nowcast", asked)["data"]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        typer.echo(f"{source} has reported nothing of {region}.")
        return
    table = Table("new", "date", "reported", "expected", f"{LEVEL:.0%} interval", "why none")
    for one in found:
        table.add_row(
            one["field"], one["date"], _whole(one["reported"]), _whole(one["expected"]), _interval(one),
            _REASONS.get(one["reason"], ""),
        )  # fmt: skip
    console().print(table)
    newest = found[-1]
    typer.echo(
        f"{region} ({source}): learnt from {newest['learnt_from']:,} days of {newest['reports']:,} reports"
    )


@app.command()
def backtest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Publishers' files and folders.", show_default="the log of the stack"),
    ] = None,
    *,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How many later counts the intervals would have held, each made of what was reported by then.

    After each report but the last the latest days are nowcast, and judged by what their source says of them
    in the end. Three populations: all cells; those of which the nowcast said anything else than the report,
    which was known then; and, in hindsight alone, those whose count has changed since.
    Exit codes: 0 judged, however well; 1 there is nothing to judge by, or it cannot be read.
    """
    with telling("reading") as tell:
        found = past.groups(_of_files(files, tell) if files else _of_log(home, tell), tell)
    if not found:
        raise UserError("Nothing to judge by: a source must have reported the same days three times.")
    if as_json:
        typer.echo(json.dumps([past.plain(group) for group in found], indent=2))
        return
    _report(found)


def _of_files(files: Sequence[Path], tell: Tell) -> Mapping[str, Sequence[Logged]]:
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        raise UserError(f"{', '.join(missing)}: no such file or folder.")
    try:
        return past.logged(published.records(files, None), tell)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _of_log(home: Path | None, tell: Tell) -> Mapping[str, Sequence[Logged]]:
    wanted = [region.code for region in regions.ALL]
    found = broker.asked(lambda: log.read(broker.connection(home), wanted, tell))
    return {region: records for region, records in found.items() if records}


def _report(found: Sequence[past.Group]) -> None:
    table = Table(
        "source", "cells", "number", "held", "reported held", "mean width", "score", "score of reported",
        "mean error", "error of reported",
    )  # fmt: skip
    for group in found:
        for population, one in group.found.items():
            table.add_row(
                group.source, _CALLED[population], f"{one.cells:,}", _part(one.held, one.cells),
                _part(one.unchanged, one.cells), _mean(one.width), _mean(one.score),
                _mean(one.reported_score), _mean(one.error), _mean(one.reported_error),
            )  # fmt: skip
        table.add_section()
    console().print(table)
    for group in found:
        typer.echo(f"{group.source}: {group.regions:,} regions, nowcast from {group.first} to {group.last}")


def _part(held: int, cells: int) -> str:
    return f"{held:,} ({held / cells:.1%})" if cells else "–"


def _mean(number: float | None) -> str:
    return "–" if number is None else f"{number:,.1f}"


def _whole(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _interval(one: Mapping[str, Any]) -> str:
    return "–" if one["lower"] is None else f"{one['lower']:,} to {one['upper']:,}"
