"""Tells the broker how far the stream is, so that ordinary tools see its consumer lag."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from prometheus_client.process_collector import ProcessCollector
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from covid_core import topics

_log = logging.getLogger(__name__)
_COMMIT_SECONDS = 10.0

RECORDS_READ = Counter(
    "covid_stream_records_total", "records read from the log, those of a repeated micro-batch again"
)
BATCH_SECONDS = Gauge("covid_stream_batch_seconds", "duration of the newest micro-batch")
POSITION = Gauge(
    "covid_stream_position", "offset up to which the stream is done, by its own account", ["partition"]
)


def show_jvm(pid: int, registry: CollectorRegistry = REGISTRY) -> None:
    """Memory and processor of the driver's JVM, where the work is: the other figures are this process's."""
    ProcessCollector(namespace="covid_stream_jvm", pid=lambda: pid, registry=registry)


class PositionReporter:
    """Commits finished offsets of `covid.records` to the stream's consumer group."""

    def __init__(self, connect: Callable[[], AdminClient]) -> None:
        self._connect = connect
        self._admin: AdminClient | None = None
        self._reported: dict[int, int] = {}
        self._waiting: dict[int, int] = {}

    @property
    def partitions(self) -> int:
        """How many partitions were reported last, 0 before the first time."""
        return len(self._reported)

    def passed(self, target: dict[int, int]) -> bool:
        """Whether all that stood before the target offsets is finished."""
        return all(self._reported.get(partition, 0) >= offset for partition, offset in target.items())

    def report(self, offsets: dict[int, int]) -> None:
        """Commit. A broker that is away costs a warning: the next batch commits again, or `again`."""
        if not offsets:
            return
        self._commit(offsets)
        for partition, offset in offsets.items():
            POSITION.labels(str(partition)).set(offset)
        self._reported = dict(offsets)

    def again(self) -> None:
        """Commit what could not be committed; where nothing new comes, no batch would do it."""
        if self._waiting:
            self._commit(self._waiting)

    def _commit(self, offsets: dict[int, int]) -> None:
        self._waiting = dict(offsets)
        positions = [
            TopicPartition(topics.RECORDS, partition, offset) for partition, offset in offsets.items()
        ]
        group = ConsumerGroupTopicPartitions(topics.STREAM_GROUP, positions)
        try:
            if self._admin is None:
                self._admin = self._connect()
            self._admin.alter_consumer_group_offsets([group])[topics.STREAM_GROUP].result(_COMMIT_SECONDS)
        except (KafkaException, TimeoutError) as error:
            # A client that has seen the broker go may find nobody for a minute after its return.
            self._admin = None
            _log.warning("the stream's position could not be committed yet: %s", error or "no answer")
        else:
            self._waiting = {}


def unread(partitions: int) -> dict[int, int]:
    """The offsets of who has finished nothing."""
    return dict.fromkeys(range(partitions), 0)


class ProgressListener(StreamingQueryListener):
    """Reports the position after every micro-batch."""

    def __init__(self, reporter: PositionReporter) -> None:
        self._reporter = reporter

    def onQueryStarted(self, event: QueryStartedEvent) -> None:
        """Nothing is finished yet."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:
        """A micro-batch is committed."""
        progress = event.progress
        RECORDS_READ.inc(progress.numInputRows)
        BATCH_SECONDS.set(progress.batchDuration / 1000)
        self._reporter.report(parse_offsets(progress.sources[0].endOffset))

    def onQueryIdle(self, event: QueryIdleEvent) -> None:
        """Nothing new, every 10 s."""
        self._reporter.again()

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:
        """The main thread sees it."""


def parse_offsets(text: str | None) -> dict[int, int]:
    """From Spark's JSON, `{"covid.records": {"0": 12}}`, to offset by partition."""
    by_topic: dict[str, dict[str, int]] = json.loads(text) if text else {}
    return {int(partition): offset for partition, offset in by_topic.get(topics.RECORDS, {}).items()}
