"""Keeps the query running until it is told to stop or fails for good."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pyspark.errors import StreamingQueryException
from pyspark.sql.streaming.query import StreamingQuery

from covid_core import topics
from covid_core.control import Generation
from covid_core.errors import first_line
from covid_stream.checkpoint import Finished
from covid_stream.draining import Draining
from covid_stream.progress import PositionReporter, unread

_log = logging.getLogger(__name__)
_POLL = 0.2


class PartitionsAdded(RuntimeError):
    """The log has got more partitions than the generation knows; the message says what to do."""

    def __init__(self, partitions: int, generation: Generation) -> None:
        super().__init__(
            f"{topics.RECORDS} has {partitions} partitions and had {generation.partitions} when generation "
            f"{generation.generation} began: start the stream again, and it reads the whole log anew, as "
            f"generation {generation.generation + 1}, with every region in its partition of now"
        )


class Job:
    """The query of one generation with its restarts.

    `draining` is asked again and again while it runs, `superseded` says whether a later generation has been
    published.
    """

    def __init__(
        self,
        generation: Generation,
        *,
        start: Callable[[], StreamingQuery],
        finished: Callable[[], Finished],
        reporter: PositionReporter,
        draining: Draining,
        superseded: Callable[[], bool],
    ) -> None:
        self._generation = generation
        self._start = start
        self._finished = finished
        self._reporter = reporter
        self._draining = draining
        self._superseded = superseded

    def run(self, ready: threading.Event, stop: threading.Event) -> None:
        """Run until `stop` is set or the generation is superseded.

        Raises `StreamingQueryException` when the query fails without progress, `PartitionsAdded`.

        Spark 4.1.1 fails after committing a batch that it had to run again at start (SPARK-57438: the Kafka
        source's metrics), so a query that failed after a commit is started once more from there.
        """
        while not stop.is_set() and not self._superseded():
            before = self._finished()
            # A crash between a batch's commit and its report left the consumer group behind; and where the
            # log is read anew, what was finished before still stands there.
            self._reporter.report(before.offsets or unread(self._generation.partitions))
            running = self._start()
            ready.set()
            while running.isActive and not stop.wait(_POLL) and not self._superseded():
                self._require_partitions(running)
                self._draining.go_on()
            ready.clear()
            try:
                running.stop() if running.isActive else running.awaitTermination()
            except StreamingQueryException as error:
                if self._finished().batch <= before.batch:
                    raise
                _log.warning("the query failed after a commit and is started again: %s", first_line(error))

    def _require_partitions(self, running: StreamingQuery) -> None:
        """Stop where the query has read a partition that this generation does not have.

        Spark reads it by itself, but each record there would pass for one in the wrong place.
        """
        if self._reporter.partitions > self._generation.partitions:
            running.stop()
            raise PartitionsAdded(self._reporter.partitions, self._generation)
