"""`covid alerts list|check|backtest`: options in, alerts out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer
from rich.table import Table

from covid_cli import broker
from covid_cli.alerts import past
from covid_cli.console import console
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.progress import telling
from covid_cli.records.api import Api
from covid_cli.records.words import region_words
from covid_core.alerts import reading
from covid_core.alerts.backtest import Told
from covid_core.alerts.backtest import backtest as replayed
from covid_core.alerts.rules import Rule, covered
from covid_core.alerts.turns import Event, Turn
from covid_core.alerts.words import title
from covid_core.settings import SerialIntervalSettings

_UNUSABLE: Final = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RulesFile = Annotated[
    Path | None, typer.Option("--rules", help="File of rules (TOML).", show_default="those of the package")
]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Alerts: what the rules say, whether a file of rules is usable, and what it would have said."""


@app.command("list")
def list_alerts(
    region: Annotated[
        str | None, typer.Option(help="Only of this region, e.g. CA-ON.", autocompletion=region_words)
    ] = None,
    state: Annotated[str | None, typer.Option(help="Only active, resolved or withdrawn ones.")] = None,
    *,
    first: Annotated[str | None, typer.Option("--from", help="First day of onset, YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of onset, included.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The alerts of the running stack, the newest onset first.

    Exit codes: 0 printed, however many there are; 1 no API answers, or it refuses what was asked.
    """
    asked = {"region": region, "state": state, "from": first, "to": last}
    found = Api(home).get("/v1/alerts", asked)["data"]
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table("onset", "until", "region", "state", "severity", "rule", "what", "newest", "worst")
    for one in found:
        table.add_row(
            one["onset"], one["until"] or "", one["region"], one["state"], one["severity"], one["rule"],
            one["title_en"], _number(one["value"]), _number(one["peak"]),
        )  # fmt: skip
    if found:
        console().print(table)
    active = sum(one["state"] == "active" for one in found)
    typer.echo(f"{len(found):,} alerts, {active:,} of them active")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File of rules (TOML).")],
    as_json: AsJson = False,
) -> None:
    """Say what a file of rules means, or all that is wrong with it.

    Exit codes: 0 usable; 1 not usable, each problem with its rule and field.
    """
    try:
        rules = reading.read(_text(file))
    except reading.BadRules as error:
        if as_json:
            typer.echo(json.dumps({"usable": False, "problems": error.problems, "rules": []}, indent=2))
        else:
            for problem in error.problems:
                typer.echo(f"{file}: {problem}", err=True)
        raise typer.Exit(_UNUSABLE) from None
    if as_json:
        said = [{**msgspec.to_builtins(rule), "covers": covered(rule)} for rule in rules]
        typer.echo(json.dumps({"usable": True, "problems": [], "rules": said}, indent=2, ensure_ascii=False))
        return
    for rule in rules:
        regions = covered(rule)
        places = regions[0] if len(regions) == 1 else f"{len(regions)} regions"
        typer.echo(f"{rule.name}: {title(rule).en} ({rule.source}, {places}, {rule.severity})")
    typer.echo(f"{len(rules)} rules, all usable")


class _Fired(NamedTuple):
    """What would have been told, and when."""

    at: dt.datetime
    event: Event
    turn: Turn


@app.command()
def backtest(
    *,
    first: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of telling.")
    ] = None,
    last: Annotated[
        dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
    ] = None,
    rules: RulesFile = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """When rules would have fired on what was known then.

    The log is replayed report by report, by `reported_at`, and the rules are asked after each: what a later
    report changed counts only from then on. So an alert is told on the day of the report that made it known,
    and names its onset, which may be long before: a file that was published once tells of its whole past on
    one day. What stood before --from is not told again.
    Exit codes: 0 done, however much fired; 1 the rules are not usable, or the log cannot be read.
    """
    chosen = _rules(rules)
    since = dt.date.min if first is None else first.date()
    until = dt.date.max if last is None else last.date()
    if since > until:
        raise UserError(f"--from {since} is after --to {until}.")
    with telling("reading the log") as tell:
        logged = broker.asked(lambda: past.read(broker.connection(home), _regions(chosen), tell))
        interval = broker.settings(SerialIntervalSettings, home).interval
        fired = list(_fired(replayed(chosen, logged, interval), since, until, tell))
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in fired], indent=2, ensure_ascii=False))
        return
    _show(chosen, fired)


def _fired(
    moments: Iterable[Told], since: dt.date, until: dt.date, tell: Callable[[str], None]
) -> Iterator[_Fired]:
    for told in moments:
        if told.at.date() > until:
            return
        tell(f"replaying: {told.at:%Y-%m-%d}")
        if told.at.date() < since:
            continue
        for turn in told.turns:
            event = turn.event
            if event is not None and event is not Event.UPDATED:
                yield _Fired(told.at, event, turn)


def _show(rules: Sequence[Rule], fired: Sequence[_Fired]) -> None:
    table = Table("told on", "event", "rule", "region", "onset", "until", "newest", "worst")
    for at, event, turn in fired:
        if turn.after is not None:
            one = turn.after
            table.add_row(
                f"{at:%Y-%m-%d}", event, one.rule, one.region, str(one.onset), str(one.until or ""),
                _number(one.value), _number(one.peak),
            )  # fmt: skip
    if fired:
        console().print(table)
    for rule in rules:
        mine = [one for one in fired if one.turn.after is not None and one.turn.after.rule == rule.name]
        counts = ", ".join(
            f"{sum(one.event is event for one in mine)} {event}" for event in Event if event != Event.UPDATED
        )
        typer.echo(f"{rule.name}: {counts}")


def _plain(one: _Fired) -> dict[str, Any]:
    alert = msgspec.to_builtins(one.turn.after)
    return {"told_at": one.at.isoformat(), "event": one.event.value, "alert": alert}


def _rules(path: Path | None) -> tuple[Rule, ...]:
    try:
        return reading.read(reading.default() if path is None else _text(path))
    except reading.BadRules as error:
        raise UserError(f"{path}: {'; '.join(error.problems)}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def _regions(rules: Sequence[Rule]) -> set[str]:
    return {region for rule in rules for region in covered(rule)}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}" if abs(value) < 1 else f"{value:,.1f}".removesuffix(".0")
