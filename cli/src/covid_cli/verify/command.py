"""The command `covid verify`: options in, report and exit code out."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from confluent_kafka import KafkaException
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from covid_cli import login
from covid_cli.errors import UserError
from covid_cli.home import Home, known
from covid_cli.progress import telling
from covid_cli.verify.connections import STORES, Connections, connections
from covid_cli.verify.outcome import outcomes, publish
from covid_cli.verify.report import Report
from covid_cli.verify.run import WAIT_SECONDS, Unreadable, verify
from covid_core import topics
from covid_core.environment import SettingsError, variable
from covid_core.settings import KafkaSettings
from covid_core.verified import Verdict

SHOWN: Final = 20
"""Most differences that a person is shown; `--json` has more."""

_VERDICT: Final = {
    Verdict.EQUAL: "[green]equal[/]: every store holds what the log says",
    Verdict.DIFFERENT: "[red]different[/]",
    Verdict.LAGGING: "[yellow]lagging[/]: not everything has arrived yet; see --wait",
    Verdict.REFUSED: "[yellow]refused[/]: only rows differ that a store refused (covid.metrics.dlq)",
}


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the stream and the sinks.", min=0)
    ] = WAIT_SECONDS,
    repair: Annotated[
        bool, typer.Option("--repair", help="Send the rows that differ to the sinks again.")
    ] = False,
    stores: Annotated[str, typer.Option(help="Which stores, comma-separated.")] = ",".join(STORES),
    home: Home = None,
) -> None:
    """Recompute every row from the log, independently of the stream, and compare it with every store.

    What was found is told to the topic covid.verified, which the dashboard and Prometheus show.

    Exit codes: 0 equal; 1 different, or a store could not be read (the others are compared); 2 lagging: the
    stream or a sink has not come far enough within --wait, or the stream has yet to begin anew; 3 only rows
    differ that a store refused.
    """
    names = [name.strip() for name in stores.split(",") if name.strip()]
    if not names:
        raise UserError(f"--stores names no store: there are {', '.join(STORES)}.")
    try:
        where = locate(home, os.environ)
        login.require(where.kafka)
        with telling("starting") as tell:
            report = verify(where, stores=names, wait=wait, repair=repair, tell=tell)
    except (SettingsError, Unreadable) as error:
        raise UserError(str(error)) from error
    try:
        publish(where.kafka, outcomes(report, names, dt.datetime.now(dt.UTC)))
    except KafkaException as error:
        # The verdict stands, whoever hears of it: its exit code must not change.
        typer.echo(f"warning: {topics.VERIFIED} was not told: {error.args[0]}", err=True)
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=2))
    else:
        show(report, Console())
    raise typer.Exit(report.exit_code)


def locate(home: Path | None, environ: Mapping[str, str]) -> Connections:
    """Where everything is: as the environment says where it names a broker and no home is given, else the
    stack of the home. Raises `UserError`, `SettingsError`."""
    found = environ
    if home is not None or not environ.get(variable(KafkaSettings, "bootstrap")):
        _, stack = known(home)
        found = {**environ, **stack.environment}
    return connections(found, lambda path: Path(path).read_text(encoding="utf-8"))


def show(report: Report, console: Console) -> None:
    """Print a report for people."""
    if report.stores:
        console.print(_stores(report))
    if report.differences:
        console.print(_differences(report))
    for lag in report.lags:
        console.print(
            f"{lag.group} has finished {lag.committed:,} of {lag.wanted:,} messages of {lag.topic}, "
            f"partition {lag.partition}: {lag.behind:,} behind"
        )
    if report.outdated is not None:
        console.print(escape(report.outdated), highlight=False)
    if report.repaired:
        console.print(f"{report.repaired:,} rows were sent to the sinks again")
    for why in report.unreadable.values():
        console.print(f"[red]unreadable[/]: {escape(why)}", highlight=False)
    console.print(("of the others: " if report.unreadable else "") + _VERDICT[report.status])
    console.print(
        f"{report.expected_rows:,} rows from {report.log_records:,} records "
        f"({report.log_refused:,} refused, {report.log_misplaced:,} misplaced; "
        f"{report.dead_letters:,} rows refused by stores) "
        f"in {report.seconds:.1f} s, of which {report.waited_seconds:.1f} s waiting",
        highlight=False,
    )


def _stores(report: Report) -> Table:
    table = Table("store", "rows", "differences", "of them refused", "seconds")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, store in report.stores.items():
        table.add_row(
            name, f"{store.rows:,}", f"{store.differences:,}", f"{store.refused:,}", f"{store.seconds:.1f}"
        )
    return table


def _differences(report: Report) -> Table:
    total = sum(store.differences for store in report.stores.values())
    shown = report.differences[:SHOWN]
    title = f"{total:,} differences" + (f", the first {len(shown)}" if total > len(shown) else "")
    table = Table("store", "row", "field", "expected", "found", "refused", title=title)
    for d in shown:
        row = f"{d.source}:{d.region}:{d.date.isoformat()}"
        table.add_row(d.store, row, d.field, d.expected, d.found, "yes" if d.refused else "")
    return table
