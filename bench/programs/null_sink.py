"""The runner with a store that keeps nothing: `python -m bench.programs.null_sink GROUP ROWS MESSAGES`.

Prints the rows a second that it wrote after its first batch.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence

from bench.stack import read
from covid_core import topics
from covid_core.environment import load
from covid_core.lake import Positions
from covid_core.rows import Row
from covid_core.settings import KafkaSettings, SinkSettings
from covid_process.signer import Signer
from covid_sinks.contract import Sink, WriteReport
from covid_sinks.counters import Counters
from covid_sinks.handlers import MetricsHandler
from covid_sinks.log import Log
from covid_sinks.refusals import Refusals
from covid_sinks.runner import Route, Runner


class NullSink(Sink):
    """Counts rows and forgets them; at the last it asks the process to end, as an operator would."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._first = 0
        self._begun = 0.0
        self._rows = 0
        self.rate = 0.0

    def open(self) -> None:
        """Nothing is held open."""

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        self._rows += len(rows)
        if not self._first:
            self._first, self._begun = self._rows, time.perf_counter()
        if self._rows >= self._expected:
            self.rate = (self._rows - self._first) / (time.perf_counter() - self._begun)
            os.kill(os.getpid(), signal.SIGTERM)
        return WriteReport(len(rows), 0)

    def drop_before(self, generation: int) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held open."""


async def consume(group: str, rows: int) -> float:
    """Run until all rows have come."""
    kafka, settings = load(KafkaSettings, os.environ, read), load(SinkSettings, os.environ, read)
    sign, counters, sink = Signer(), Counters("null"), NullSink(rows)
    handler = MetricsHandler(sink, counters, Refusals(1, counters.held))
    runner = Runner(
        group=group,
        instance="0",
        kafka=kafka,
        sign=sign,
        routes=[Route(handler, settings.batch_messages, settings.batch_seconds)],
        counters=counters,
        topic_ids=Log(kafka.librdkafka(sign)).topic_ids,
    )
    assert handler.topic == topics.METRICS
    await runner.run()
    return sink.rate


if __name__ == "__main__":
    found = asyncio.new_event_loop().run_until_complete(consume(sys.argv[1], int(sys.argv[2])))
    print(found, flush=True)
    os._exit(0)  # as a sink does: Faust's threads are not waited for
