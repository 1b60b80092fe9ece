"""Filling topics and waiting for who reads them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.partitioning import partition_of

POLL: Final = 0.01
PATIENCE: Final = 600.0
_FULL: Final = 0.1

Message = tuple[str, bytes]
"""A region, and what is published under it."""


class Log:
    """A broker's topics: how far they reach, and how far groups are."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's properties."""
        self.connection = dict(connection)
        self._positions = Positions(self.connection)
        self._producer = Producer(
            {**self.connection, "linger.ms": 5, "queue.buffering.max.messages": 500_000, "acks": "all"}
        )

    def create(self, topic: str) -> None:
        """Make a topic with as many partitions as `covid.records`."""
        admin = AdminClient(self.connection)
        wanted = NewTopic(topic, len(self.ends(topics.RECORDS)), 1)
        admin.create_topics([wanted])[topic].result(PATIENCE)

    def publish(self, topic: str, messages: Iterable[Message]) -> dict[int, int]:
        """Publish, each message in its region's partition; the ends of the topic afterwards."""
        partitions = len(self._positions.ends(topic))
        for region, value in messages:
            while True:
                try:
                    self._producer.produce(
                        topic, value, key=region.encode(), partition=partition_of(region, partitions)
                    )
                    break
                except BufferError:
                    self._producer.poll(_FULL)
            self._producer.poll(0)
        if self._producer.flush(PATIENCE):
            raise TimeoutError(f"{topic} did not take all messages")
        return self.ends(topic)

    def ends(self, topic: str) -> dict[int, int]:
        """The end of each partition."""
        return self._positions.ends(topic)

    def until_committed(self, group: str, topic: str, ends: Mapping[int, int]) -> None:
        """Wait until a group has committed these ends. Raises `TimeoutError` after ten minutes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            done = self._positions.committed(group, topic, list(ends))
            if all(done[partition] >= end for partition, end in ends.items()):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{group} stands at {done}, not at {dict(ends)}, after {PATIENCE:.0f} s")
            time.sleep(POLL)
