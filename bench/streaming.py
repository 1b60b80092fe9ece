"""The rate at which a running stream turns records into rows, and that of the same work without Spark."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from bench import data, produced
from bench.log import Log
from bench.measure import Arm, Pairs
from bench.served import asked
from bench.stack import Servers
from covid_core import topics

WARM_RECORDS = 3_000
"""Published first: the JVM has compiled and the Python workers have started by then."""

OUTPUT = "bench.rows"
"""Topic of what the reference makes."""

Ends = Mapping[int, int]


class Load:
    """Records of a round: a source of its own, so that no round meets the days of another."""

    def __init__(self, codes: Sequence[str], count: int) -> None:
        self.codes = codes
        self.count = count

    def messages(self, number: int | str) -> list[tuple[str, bytes]]:
        """The round's."""
        return list(data.records(self.count, f"round-{number}", self.codes))


@contextmanager
def streaming(servers: Servers, load: Load, **more: str) -> Iterator[Arm]:
    """An arm: records a second from publishing a round until the stream has committed behind it."""
    log = Log(servers.kafka)

    def publish(messages: list[tuple[str, bytes]]) -> None:
        ends = log.publish(topics.RECORDS, messages)
        log.until_committed(topics.STREAM_GROUP, topics.RECORDS, ends)
        if refused := sum(log.ends(topics.RECORDS_DLQ).values()):
            raise ValueError(f"{refused:,} records were refused: their rows are not part of the work")

    def arm(number: int) -> float:
        messages = load.messages(number)
        begun = time.perf_counter()
        publish(messages)
        return len(messages) / (time.perf_counter() - begun)

    with servers.running(servers.stream(**more)):
        publish(load.messages("warm")[:WARM_RECORDS])
        yield arm
        produced.require(log, topics.METRICS)


@contextmanager
def plain(servers: Servers, environment: Mapping[str, str]) -> Iterator[Callable[[Ends, Ends], float]]:
    """The same work in one process without Spark: seconds for what stands between two positions."""
    Log(servers.kafka).create(OUTPUT)
    with asked(
        "bench.programs.plain_stream",
        OUTPUT,
        environment={**servers.environment, **environment},
        log=servers.home / "plain_stream.log",
    ) as ask:
        yield lambda start, end: float(ask({"start": start, "end": end}))


def against_plain(servers: Servers, load: Load, environment: Mapping[str, str], rounds: int) -> Pairs:
    """Rounds of the stream, each followed by the same records without Spark."""
    ours: list[float] = []
    bare: list[float] = []
    log = Log(servers.kafka)
    with ExitStack() as running:
        arm = running.enter_context(streaming(servers, load, **environment))
        work = running.enter_context(plain(servers, environment))
        work(dict.fromkeys(log.ends(topics.RECORDS), 0), log.ends(topics.RECORDS))
        for number in range(rounds):
            start = log.ends(topics.RECORDS)
            ours.append(arm(number))
            bare.append(load.count / work(start, log.ends(topics.RECORDS)))
        produced.require(log, OUTPUT)
    return Pairs(tuple(ours), tuple(bare))
