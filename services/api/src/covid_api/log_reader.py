"""The port that reads topics: where they end, since when, and their newest messages. Everything blocks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from covid_api.problems import Unavailable
from covid_core.arrivals import place
from covid_core.partitioning import partition_of
from covid_core.records import Record, Refused

_TIMEOUT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 2.0
_LONG_READ_SECONDS: Final = 20.0
_CHUNK: Final = 5000

Offsets = dict[int, int]
"""By partition."""


class Kept(Protocol):
    """A consumer that is made when it is needed, and again where it may have lost its brokers."""

    def asked(self) -> AbstractContextManager[Consumer]:
        """The consumer. One caller at a time; the others wait."""

    def close(self) -> None:
        """Close the connection, if there is one."""


class LogReader:
    """One consumer that joins no group. One caller at a time; the others wait. All raise `Unavailable`."""

    def __init__(self, connection: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], Kept]) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed.

        `keep`: makes what keeps a consumer of given properties.
        """
        self._kept = keep(
            {
                **connection,
                "group.id": "covid-api",
                "client.id": "covid-api",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "allow.auto.create.topics": False,
                "queued.max.messages.kbytes": 8192,
                # The broker answers a connection's questions in turn: a fetch that waited for messages would
                # hold back the next one, by half a second unless told.
                "fetch.wait.max.ms": 10,
            }
        )

    def ends(self, topic: str) -> Offsets:
        """Where the next message of each partition will stand."""
        with self._consumer() as consumer:
            return self._ends(consumer, topic)

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        with self._consumer() as consumer:
            return len(self._partitions(consumer, topic))

    def since(self, topic: str, milliseconds: int) -> Offsets:
        """The first offset of each partition at or after a time since the epoch, its end where none is."""
        with self._consumer() as consumer:
            ends = self._ends(consumer, topic)
            asked = [TopicPartition(topic, partition, milliseconds) for partition in ends]
            found = consumer.offsets_for_times(asked, timeout=_TIMEOUT_SECONDS)
            return {
                first.partition: first.offset if first.offset >= 0 else ends[first.partition]
                for first in found
            }

    def newest(self, topic: str, starts: Offsets, most: int) -> list[Message]:
        """The newest messages from `starts` on, newest first; no more than `most`, split over partitions.

        What cannot be read within a few seconds is left out.
        """
        with self._consumer() as consumer:
            ends = self._ends(consumer, topic)
            share = max(1, most // max(1, len(ends)))
            starts = {
                partition: max(starts.get(partition, 0), end - share) for partition, end in ends.items()
            }
            wanted = {partition: end for partition, end in ends.items() if end > starts[partition]}
            found = self._read(consumer, topic, starts, wanted)
        return sorted(found, key=lambda message: message.timestamp()[1], reverse=True)

    def partition_of(self, topic: str, region: str, most: int) -> Part:
        """The newest messages, no more than `most`, of the partition that holds a region's records."""
        with self._consumer() as consumer:
            partitions = len(self._partitions(consumer, topic))
            home = TopicPartition(topic, partition_of(region, partitions))
            low, high = consumer.get_watermark_offsets(home, timeout=_TIMEOUT_SECONDS)
            first = max(low, high - most)
            return Part(self, TopicPartition(topic, home.partition, first), low, high, partitions)

    def between(self, start: TopicPartition, end: int) -> Iterator[Message]:
        """Messages of one partition from `start` up to, not including, `end`."""
        with self._consumer() as consumer:
            consumer.assign([start])
            deadline = time.monotonic() + _LONG_READ_SECONDS
            try:
                at = start.offset
                while at < end:
                    if time.monotonic() > deadline:
                        raise Unavailable("Kafka", f"{start.topic} took too long to read")
                    # Not more than there are: it would wait for them.
                    for message in consumer.consume(min(_CHUNK, end - at), timeout=0.1):
                        if (error := message.error()) is not None:
                            if error.code() != KafkaError._PARTITION_EOF:
                                raise KafkaException(error)
                            # Compaction may have removed what stood last: no message tells of the end then.
                            if _place(message) == _place(start) and (message.offset() or 0) >= end:
                                return
                            continue
                        at = (message.offset() or 0) + 1
                        if at <= end:
                            yield message
            finally:
                consumer.unassign()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._kept.close()

    def _read(self, consumer: Consumer, topic: str, starts: Offsets, ends: Offsets) -> list[Message]:
        consumer.assign([TopicPartition(topic, partition, starts[partition]) for partition in ends])
        waiting, found = dict(ends), []
        deadline = time.monotonic() + _READ_SECONDS
        try:
            while waiting and (left := deadline - time.monotonic()) > 0:
                message = consumer.poll(left)
                if message is None or message.error() is not None:
                    continue
                found.append(message)
                partition, offset = message.partition() or 0, message.offset() or 0
                if partition in waiting and offset + 1 >= waiting[partition]:
                    del waiting[partition]
        finally:
            consumer.unassign()
        return found

    @staticmethod
    def _ends(consumer: Consumer, topic: str) -> Offsets:
        return {
            partition: consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=_TIMEOUT_SECONDS
            )[1]
            for partition in LogReader._partitions(consumer, topic)
        }

    @staticmethod
    def _partitions(consumer: Consumer, topic: str) -> list[int]:
        described = consumer.list_topics(topic, timeout=_TIMEOUT_SECONDS).topics[topic]
        if described.error is not None:
            raise KafkaException(described.error)
        return list(described.partitions)

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        with translated(), self._kept.asked() as consumer:
            yield consumer


class Part:
    """Messages of one partition, to be read."""

    def __init__(self, log: LogReader, start: TopicPartition, low: int, end: int, partitions: int) -> None:
        """`partitions`: of the topic."""
        self._log = log
        self._start = start
        self.end = end
        """Offset of the message to come."""
        self._partitions = partitions
        self.first = start.offset
        """Offset of the first message."""
        self.complete = start.offset <= low
        """Whether nothing older is in the log."""

    def holds(self, region: str) -> bool:
        """Whether a region's records are in this partition."""
        return partition_of(region, self._partitions) == self._start.partition

    def merged(self, value: bytes | None, at: dt.datetime) -> Record | None:
        """The record of one of its messages, which the log stamped `at`; None where it is not merged."""
        try:
            record, at_home = place(value, at, self._start.partition, partitions=self._partitions)
        except Refused:
            return None
        return record if at_home else None

    def read(self) -> Iterator[Message]:
        """The messages, oldest first. Raises `Unavailable`."""
        return self._log.between(self._start, self.end)


def _place(at: Message | TopicPartition) -> tuple[str | None, int | None]:
    return (at.topic, at.partition) if isinstance(at, TopicPartition) else (at.topic(), at.partition())


@contextmanager
def translated() -> Iterator[None]:
    """Kafka's errors as `Unavailable`."""
    try:
        yield
    except KafkaException as error:
        raise Unavailable("Kafka", error.args[0].str()) from error
