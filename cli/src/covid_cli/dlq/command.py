"""`covid dlq list|show|replay|drop`: options in, letters out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from covid_cli import broker
from covid_cli.console import console
from covid_cli.dlq.choice import TOPICS, Choice
from covid_cli.dlq.letters import Standing, standing
from covid_cli.dlq.replay import CannotReplay, again
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.progress import telling
from covid_cli.verify.positions import Positions
from covid_process.sending import Outgoing, send

_LEFT: Final = 1


class Kind(StrEnum):
    """Of what: records that the stream refused, or rows that a store refused."""

    RECORDS = "records"
    METRICS = "metrics"


Of = Annotated[Kind, typer.Option("--of", help="What the stream refused, or what a store refused.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Origins, as `covid dlq list` says.")]
Reason = Annotated[str | None, typer.Option(help="Only of this short reason, e.g. bad_json.")]
Since = Annotated[dt.datetime | None, typer.Option(help="Only from this moment on, UTC.")]
Until = Annotated[dt.datetime | None, typer.Option(help="Only up to this moment, UTC.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
All = Annotated[bool, typer.Option("--all", help="Every letter, where nothing else chooses.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Dead letters: what was refused, why, and what becomes of it."""


@app.command("list")
def list_letters(
    of: Of = Kind.RECORDS,
    *,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The letters that stand, oldest first."""
    found = _found(broker.connection(home), of, _choice(None, reason, since, until))
    if as_json:
        typer.echo(json.dumps([_plain(origin, one) for origin, one in found.items()], indent=2))
        return
    table = Table("id", "at (UTC)", "reason", "bytes", "why")
    for origin, one in found.items():
        letter = one.letter
        code, length, why = (letter.code, f"{letter.length:,}", letter.reason) if letter else ("?", "", "")
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        # Whoever sent it wrote part of these words: brackets in them are no markup.
        table.add_row(escape(origin), at, escape(code), length, escape(why[:200]))
    console().print(table)
    typer.echo(f"{len(found):,} letters stand on {TOPICS[of]}")


@app.command()
def show(
    origin: Annotated[str, typer.Argument(metavar="ID", help="Origin, as `covid dlq list` says.")],
    of: Of = Kind.RECORDS,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """One letter with what was refused, its bytes as they are."""
    one = _found(broker.connection(home), of, Choice(frozenset({origin})))[origin]
    if as_json:
        typer.echo(json.dumps(_plain(origin, one), indent=2))
        return
    if one.letter is None:
        raise UserError(f"{origin} is not a letter of this project: `covid kafka console-consumer` shows it.")
    letter = one.letter
    typer.echo(f"{origin}, refused at {one.at.isoformat(timespec='seconds')}")
    typer.echo(f"{letter.code}: {letter.reason}")
    cut = "" if letter.complete else f", of which the letter has {len(letter.raw):,}"
    typer.echo(f"{letter.length:,} bytes{cut}, SHA-256 {letter.sha256}")
    typer.echo(letter.raw.decode(errors="backslashreplace"))


@app.command()
def replay(
    ids: Ids = None,
    of: Of = Kind.RECORDS,
    *,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    every: All = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Send what was refused once more.

    For what has been mended since: what is refused again gets a new letter. A record counts by when it was
    reported, else by when it first came, and a row by its revision, so sending twice changes nothing.
    Exit codes: 0 all were sent; 1 some cannot be, which are named, or nothing could be done.
    """
    connection = broker.connection(home)
    found = _found(connection, of, _limited(_choice(ids, reason, since, until), every))
    outgoing: dict[str, Outgoing] = {}
    for origin, one in found.items():
        try:
            outgoing[origin] = again(connection, one)
        except CannotReplay as error:
            typer.echo(f"{origin} was not replayed: {error}", err=True)
    if not dry_run:
        broker.asked(lambda: send(connection, outgoing.values()))
        _settle(connection, of, outgoing)
    if as_json:
        left = [origin for origin in found if origin not in outgoing]
        typer.echo(json.dumps({"done": not dry_run, "replayed": list(outgoing), "left": left}))
    else:
        typer.echo(f"{_would(dry_run)}{len(outgoing):,} of {len(found):,} letters replayed")
    raise typer.Exit(_LEFT if len(outgoing) < len(found) else 0)


@app.command()
def drop(
    ids: Ids = None,
    of: Of = Kind.RECORDS,
    *,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    every: All = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Let letters stand no longer: what was refused stays out. The topic keeps what they said."""
    connection = broker.connection(home)
    found = _found(connection, of, _limited(_choice(ids, reason, since, until), every))
    if not dry_run:
        _settle(connection, of, found)
    if as_json:
        typer.echo(json.dumps({"done": not dry_run, "dropped": list(found)}))
    else:
        typer.echo(f"{_would(dry_run)}{len(found):,} letters dropped")


def _choice(
    ids: list[str] | None, reason: str | None, since: dt.datetime | None, until: dt.datetime | None
) -> Choice:
    return Choice(frozenset(ids or ()), reason, _utc(since), _utc(until))


def _limited(choice: Choice, every: bool) -> Choice:
    if choice.everything and not every:
        raise UserError("Say which: IDs, --reason, --since or --until; or --all.")
    return choice


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.replace(tzinfo=moment.tzinfo or dt.UTC)


def _found(connection: Mapping[str, Any], of: Kind, choice: Choice) -> dict[str, Standing]:
    topic = TOPICS[of]
    with telling(f"reading {topic}"):
        letters = broker.asked(lambda: standing(connection, topic, Positions(connection).ends(topic)))
    found = choice.of(letters)
    unknown = sorted(choice.ids - set(letters))
    if unknown:
        raise UserError(f"No letter {', '.join(unknown)} stands on {topic}: see `covid dlq list --of {of}`.")
    return found


def _settle(connection: Mapping[str, Any], of: Kind, origins: Mapping[str, Any]) -> None:
    broker.asked(lambda: send(connection, (Outgoing(TOPICS[of], origin, None) for origin in origins)))


def _plain(origin: str, one: Standing) -> dict[str, Any]:
    at = one.at.isoformat()
    if one.letter is None:
        return {"id": origin, "at": at}
    return {"id": origin, "at": at, **msgspec.to_builtins(one.letter)}


def _would(dry_run: bool) -> str:
    return "not done (--dry-run): " if dry_run else ""
