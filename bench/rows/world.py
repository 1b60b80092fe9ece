"""Row 13: the whole world, and a log of ten million records; without DynamoDB Local."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import NamedTuple

import psutil

from bench import data, publishers
from bench.log import Log, Message
from bench.measure import Pairs
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from bench.watching import watched
from covid_cli.status.collect import memory
from covid_core import regions, topics

RECORDS = 10_000_000
CHUNK = 100_000
SINKS = tuple(name for name in topics.SINKS if name != "dynamodb")
_LOOK = 5.0
_DAYS = 1_000


class Measured(NamedTuple):
    """Milliseconds a record from publishing until all has come to the stores, and memory by time (GiB)."""

    millis: float
    gib: list[float]


def measured(scale: Scale) -> list[Line]:
    """Each once, per record against Canada's; and memory in the last third against that in the second."""
    canada = _published("CA")
    world = _published("all")
    count = scale.of(RECORDS, CHUNK)
    with _running() as (stack, gib):
        long = _generated(stack, count, gib)
    third = len(long.gib) // 3
    middle, end = long.gib[third : 2 * third] or long.gib, long.gib[2 * third :] or long.gib
    return [
        _line("all countries of the publishers' files, to three stores", world, canada),
        _line(f"{count:,} generated records of {len(_codes())} regions, to three stores", long, canada),
        Line(
            what="most memory (PSS) of servers and services in the last third of those",
            reference="in the second third",
            unit="GiB",
            pairs=Pairs((max(end),), (max(middle),)),
            goals=(Goal(1.1),),
        ),
    ]


def _line(what: str, ours: Measured, canada: Measured) -> Line:
    return Line(
        what=what,
        reference="Canada's files",
        unit="ms a record",
        pairs=Pairs((ours.millis,), (canada.millis,)),
        goals=(Goal(1.2),),
    )


def _published(countries: str) -> Measured:
    with _running() as (stack, gib):
        log = Log(stack.kafka)
        begun = time.perf_counter()
        publishers.publish(stack, countries)
        _until_stored(log)
        records = sum(log.ends(topics.RECORDS).values())
        return Measured((time.perf_counter() - begun) * 1e3 / records, gib)


def _generated(stack: Servers, count: int, gib: list[float]) -> Measured:
    log, found = Log(stack.kafka), _records(count)
    begun = time.perf_counter()
    while chunk := list(islice(found, CHUNK)):
        log.publish(topics.RECORDS, chunk)
    _until_stored(log)
    return Measured((time.perf_counter() - begun) * 1e3 / count, gib)


def _until_stored(log: Log) -> None:
    """Wait until the stream has made rows of all records, and the sinks have stored all rows."""
    _patiently(log, topics.STREAM_GROUP, topics.RECORDS)
    for name in SINKS:
        _patiently(log, topics.sink_group(name), topics.METRICS)
    _patiently(log, topics.sink_group("s3"), topics.RECORDS)


def _patiently(log: Log, group: str, topic: str) -> None:
    ends = log.ends(topic)
    while True:
        try:
            log.until_committed(group, topic, ends)
            return
        except TimeoutError:
            continue  # hours are not too long for ten million


def _codes() -> Sequence[str]:
    return [region.code for region in regions.ALL]


def _records(count: int) -> Iterator[Message]:
    """Every region's thousand days, source after source."""
    codes = _codes()
    each = len(codes) * _DAYS
    for number in range(-(-count // each)):
        yield from data.records(min(each, count - number * each), f"source-{number}", codes)


@contextmanager
def _running() -> Iterator[tuple[Servers, list[float]]]:
    """Servers, stream and three sinks; and a list that grows with the memory of all of them."""
    with servers() as stack, ExitStack() as running:
        running.enter_context(stack.running(stack.stream()))
        for name in SINKS:
            running.enter_context(stack.running(stack.sink(name)))
        # Of this process, too: what it holds is a chunk of records, the same all the time.
        held = running.enter_context(watched(lambda: memory(psutil.Process()) / 2**30, _LOOK))
        yield stack, held
