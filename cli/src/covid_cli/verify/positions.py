"""How far the log reaches, and how far its readers are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from covid_cli.verify.report import Lag
from covid_process.lag import Broker

Offsets = Mapping[int, int]
"""Partition to offset."""

TIMEOUT_SECONDS: Final = 15
POLL_SECONDS: Final = 0.25
_LATEST: Final = OffsetSpec.latest()  # type: ignore[no-untyped-call]


class Positions:
    """Reads positions from the broker. Methods raise `KafkaException` when it does not answer."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties."""
        self._connection = connection
        self._admin = AdminClient(dict(connection))
        self._groups: dict[str, Broker] = {}

    def ends(self, topic: str) -> dict[int, int]:
        """The end offset of each partition of a topic."""
        described = self._admin.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
        if described.error is not None:
            raise KafkaException(described.error)
        wanted = {TopicPartition(topic, partition): _LATEST for partition in described.partitions}
        futures = self._admin.list_offsets(wanted, request_timeout=TIMEOUT_SECONDS)
        return {place.partition: future.result().offset for place, future in futures.items()}

    def topic_id(self, topic: str) -> str:
        """Kafka's id of a topic: another one after it was made anew."""
        asked = self._admin.describe_topics(TopicCollection([topic]), request_timeout=TIMEOUT_SECONDS)
        return str(asked[topic].result().topic_id)

    def committed(self, group: str, topic: str, partitions: Sequence[int]) -> dict[int, int]:
        """What a group has committed, 0 where nothing yet."""
        if group not in self._groups:
            self._groups[group] = Broker(self._connection, group, TIMEOUT_SECONDS)
        done = self._groups[group].committed([(topic, partition) for partition in partitions])
        return {partition: offset for (_, partition), offset in done.items()}

    def lags(self, groups: Sequence[str], topic: str, wanted: Offsets) -> list[Lag]:
        """Where which group has not come to the wanted offsets."""
        return [
            Lag(group, topic, partition, committed, wanted[partition])
            for group in groups
            for partition, committed in self.committed(group, topic, sorted(wanted)).items()
            if committed < wanted[partition]
        ]

    def wait(
        self,
        groups: Sequence[str],
        topic: str,
        wanted: Offsets,
        deadline: float,
        tell: Callable[[str], None],
    ) -> list[Lag]:
        """Wait until all groups have committed the wanted offsets; what still lags at the deadline.

        `deadline` is a moment of `time.monotonic`.
        """
        while lags := self.lags(groups, topic, wanted):
            if time.monotonic() >= deadline:
                break
            behind = {lag.group: 0 for lag in lags}
            for lag in lags:
                behind[lag.group] += lag.behind
            tell("waiting for " + ", ".join(f"{group} ({n:,} behind)" for group, n in behind.items()))
            time.sleep(POLL_SECONDS)
        return lags
