"""The command `covid rebuild`: what a store has lost is sent to it again, from `covid.metrics` itself."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final, NamedTuple

import typer
from confluent_kafka import Message

from covid_cli import broker
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.progress import Tell, telling
from covid_cli.verify.positions import Positions
from covid_cli.verify.report import Lag
from covid_core import control, regions, topics
from covid_core import messages as packed
from covid_core.rows import Row
from covid_core.settings import SinkSettings
from covid_process.sending import Outgoing, send
from covid_process.topic import messages, place

WAIT_SECONDS: Final = 60.0
_LAGGING: Final = 2

Key = tuple[str, str, Any]
"""Source, region, date."""


class Newest(NamedTuple):
    """Where the newest row of a key stands, and its order."""

    generation: int
    revision: int
    partition: int
    offset: int


def command(
    sink: Annotated[str, typer.Argument(help=f"The store that has lost rows: {', '.join(topics.SINKS)}.")],
    region: Annotated[list[str] | None, typer.Option(help="Only of this region; may be repeated.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the sink.", min=0)] = WAIT_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    home: Home = None,
) -> None:
    """Send a store its rows again, while everything goes on.

    The newest row of each key is sent to the sinks once more. A store that has it lets it be, so that only
    what is lost is written. A row that is there and wrong is `covid verify --repair`'s.

    Exit codes: 0 the store has them; 2 its sink has not come so far within --wait, and goes on.
    """
    if sink not in topics.SINKS:
        raise UserError(f"There is no store {sink!r}: there are {', '.join(topics.SINKS)}.")
    if unknown := [code for code in region or () if not regions.is_known(code)]:
        raise UserError(f"--region: {unknown[0]!r} is no known code such as CA or CA-ON.")
    begun = time.monotonic()
    connection = broker.connection(home)
    group = topics.sink_group(sink, broker.settings(SinkSettings, home).group_suffix)
    with telling(f"reading {topics.METRICS}") as tell:
        rows, lags = broker.asked(lambda: _rebuilt(connection, group, region, wait, tell))
    seconds, behind = time.monotonic() - begun, sum(lag.behind for lag in lags)
    if as_json:
        typer.echo(json.dumps({"rows": rows, "behind": behind, "seconds": round(seconds, 1)}))
    else:
        outcome = f"its sink is {behind:,} messages behind" if lags else f"{sink} has them"
        typer.echo(f"{rows:,} rows were sent again in {seconds:.1f} s; {outcome}")
    raise typer.Exit(_LAGGING if lags else 0)


def _rebuilt(
    connection: Mapping[str, Any], group: str, only: Collection[str] | None, wait: float, tell: Tell
) -> tuple[int, list[Lag]]:
    """How many rows were sent, and what the sink's group has not taken in time."""
    positions = Positions(connection)
    found = newest(connection, positions, only)
    tell(f"sending {len(found):,} rows")
    send(connection, again(connection, found))
    end, deadline = positions.ends(topics.METRICS), time.monotonic() + wait
    return len(found), positions.wait([group], topics.METRICS, end, deadline, tell)


def newest(
    connection: Mapping[str, Any], positions: Positions, only: Collection[str] | None
) -> dict[Key, Newest]:
    """Where the rows stand that a store should hold; 200 bytes a row.

    `connection`: librdkafka's connection properties; `only`: of these regions, all if None. Raises
    `KafkaException`, `BrokerSilent`.
    """
    end, complete = positions.ends(topics.METRICS), _complete(connection, positions)
    found: dict[Key, Newest] = {}
    wanted = None if only is None else {code.encode() for code in only}
    for message in messages(connection, topics.METRICS, {}, end):
        if wanted is not None and message.key() not in wanted:
            continue
        repair = topics.Header.REPAIR in dict(message.headers() or ())
        for row in _rows(message):
            key = row.source, row.region, row.date
            known, one = found.get(key), Newest(row.generation, row.revision, *place(message))
            # As the sinks take them: of one revision the first counts, but for a repair.
            if known is None or one[:2] > known[:2] or (repair and one[:2] == known[:2]):
                found[key] = one
    return {key: one for key, one in found.items() if one.generation >= complete}


def again(connection: Mapping[str, Any], wanted: Mapping[Key, Newest]) -> Iterator[Outgoing]:
    """Messages with these rows, as they stand in the topic.

    Raises `KafkaException`, `BrokerSilent`.
    """
    start: dict[int, int] = {}
    end: dict[int, int] = {}
    for one in wanted.values():
        start[one.partition] = min(one.offset, start.get(one.partition, one.offset))
        end[one.partition] = max(one.offset + 1, end.get(one.partition, 0))
    for message in messages(connection, topics.METRICS, start, end):
        at = place(message)
        rows = [
            row
            for row in _rows(message)
            if wanted.get((row.source, row.region, row.date)) == (row.generation, row.revision, *at)
        ]
        for value in packed.encode(rows):
            yield Outgoing(topics.METRICS, message.key(), value)


def _complete(connection: Mapping[str, Any], positions: Positions) -> int:
    """The newest generation that is drained, 0 for none: the stores have dropped the rows of older ones."""
    found = 0
    for message in messages(connection, topics.CONTROL, {}, positions.ends(topics.CONTROL)):
        value = message.value()
        if message.key() == control.DRAINED and value is not None:
            found = max(found, control.decode_drained(value).generation)
    return found


def _rows(message: Message) -> list[Row]:
    try:
        return packed.decode(message.value())
    except packed.BadMessage:
        return []  # the sinks refuse it, too
