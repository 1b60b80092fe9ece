"""The rate at which a running sink brings published rows into its store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench import data
from bench.log import Log
from bench.measure import Arm
from bench.stack import Servers
from covid_core import topics
from covid_core.rows import Row

WARM_ROWS = 1_000
"""Published first, so that connections and tables are there."""


@contextmanager
def sinking(servers: Servers, store: str, loads: Sequence[Sequence[Row]]) -> Iterator[Arm]:
    """An arm: rows a second from publishing a round's load until the sink has committed behind it.

    A commit follows the store's word, so the rows are durable by then. It also follows it by up to 0.25 s
    (`covid_sinks.runner`), which counts against the sink.
    """
    log, group = Log(servers.kafka), topics.sink_group(store)
    packed = [data.packed(load) for load in loads]
    with servers.running(servers.sink(store)):

        def arm(number: int) -> float:
            begun = time.perf_counter()
            ends = log.publish(topics.METRICS, packed[number])
            log.until_committed(group, topics.METRICS, ends)
            return len(loads[number]) / (time.perf_counter() - begun)

        warm = log.publish(topics.METRICS, data.packed(data.rows(WARM_ROWS, "warm")))
        log.until_committed(group, topics.METRICS, warm)
        yield arm


def loads(rounds: int, count: int) -> list[list[Row]]:
    """A load of so many rows for each round, in years of its own: where a store keeps a region and year
    together, no round has to rewrite what an earlier one left."""
    years = -(-count // (len(data.CANADA) * 365))
    firsts = [data.FIRST.replace(year=data.FIRST.year + (years + 1) * number) for number in range(rounds)]
    return [data.rows(count, "bench", first=first) for first in firsts]
