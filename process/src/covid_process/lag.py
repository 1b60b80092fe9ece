"""Consumer lag as figures, asked of the broker.

A client knows ends of partitions only from what it fetched last, and one that waits for its store fetches
nothing: its own idea of the lag stands still while the real one grows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from confluent_kafka import ConsumerGroupTopicPartitions, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

_log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 10.0

Offsets = dict[tuple[str, int], int]
"""Offset by topic and partition."""


class Positions(Protocol):
    """What is asked. Both methods may raise."""

    def ends(self, topics: Sequence[str]) -> Offsets:
        """Where the next message of each partition of these topics will stand."""

    def committed(self, group: str) -> Offsets:
        """The next offset of each partition, where the group has committed one."""


class Broker:
    """The broker's own answers."""

    def __init__(self, connection: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed."""
        self._properties = {**connection, "log_level": 0}
        self._timeout = timeout
        self._admin: AdminClient | None = None

    def ends(self, topics: Sequence[str]) -> Offsets:
        """Where the next message of each partition of these topics will stand."""
        described = self._client().describe_topics(
            TopicCollection(list(topics)), request_timeout=self._timeout
        )
        asked = {
            TopicPartition(topic, partition.id): OffsetSpec.latest()
            for topic, future in described.items()
            for partition in future.result().partitions
        }
        found = self._client().list_offsets(asked, request_timeout=self._timeout)
        return {(part.topic, part.partition): future.result().offset for part, future in found.items()}

    def committed(self, group: str) -> Offsets:
        """The next offset of each partition, where the group has committed one."""
        request: list[Any] = [ConsumerGroupTopicPartitions(group)]
        futures = self._client().list_consumer_group_offsets(request, request_timeout=self._timeout)
        parts = futures[group].result().topic_partitions
        return {(part.topic, part.partition): part.offset for part in parts if part.offset >= 0}

    def _client(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(self._properties)
        return self._admin


class Lag:
    """The figures of one consumer group, and how many dead letters a topic holds.

    All replicas of a service show the same figures, those of their group: aggregate by `max`, not by `sum`.
    While the broker does not answer there are none, rather than old ones.
    """

    def __init__(
        self,
        positions: Positions,
        group: str,
        topics: Sequence[str],
        dead_letters: Sequence[str] = (),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        """`topics`: what the group reads from the beginning; `dead_letters`: topics that nothing is removed
        from and whose messages are counted."""
        self._positions = positions
        self._group = group
        self._topics = topics
        self._dead_letters = dead_letters
        labels = ("group", "topic", "partition")
        self._lag = Gauge(
            "covid_consumer_lag_messages",
            "messages between the end of a partition and what the group has committed",
            labels,
            registry=registry,
        )
        self._committed = Gauge(
            "covid_consumer_committed_offset",
            "offset up to which the group is done",
            labels,
            registry=registry,
        )
        self._letters = Gauge(
            "covid_dead_letter_messages", "messages in a topic of dead letters", ("topic",), registry=registry
        )
        self._silent = False

    def measure(self) -> None:
        """Ask once and show the answer."""
        try:
            # In this order a commit in between makes the lag too great by a moment, never negative.
            committed = self._positions.committed(self._group)
            ends = self._positions.ends([*self._topics, *self._dead_letters])
        except Exception as error:  # whatever it is: figures that no longer change must not stay
            if not self._silent:
                _log.warning("consumer lag is unknown: %s", error)
            self._silent = True
            for gauge in (self._lag, self._committed, self._letters):
                gauge.clear()
            return
        self._silent = False
        for topic in self._topics:
            for partition, end in _of(topic, ends):
                done = committed.get((topic, partition), 0)
                labels = (self._group, topic, str(partition))
                self._committed.labels(*labels).set(done)
                self._lag.labels(*labels).set(max(0, end - done))
        for topic in self._dead_letters:
            self._letters.labels(topic).set(sum(end for _, end in _of(topic, ends)))

    def watch(self, every: float = EVERY_SECONDS) -> None:
        """Measure every so many seconds, in a thread that ends with the process."""
        threading.Thread(target=self._run, args=(every,), name="lag", daemon=True).start()

    def _run(self, every: float) -> None:
        pause = threading.Event()
        while not pause.wait(every):
            self.measure()


def _of(topic: str, offsets: Offsets) -> Iterator[tuple[int, int]]:
    return ((partition, offset) for (name, partition), offset in offsets.items() if name == topic)
