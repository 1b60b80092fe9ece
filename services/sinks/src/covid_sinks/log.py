"""Questions to the broker that Faust does not ask: a topic's id, and how far a group has committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from covid_sinks.contract import Transient

TIMEOUT = 10.0


class Log:
    """The broker as seen by an administrator. Every method may raise `Transient`."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed."""
        self._properties = {**connection, "log_level": 0}
        self._admin: AdminClient | None = None

    def topic_id(self, topic: str) -> str:
        """Kafka's id of a topic: another one after the topic was made anew."""
        try:
            futures = self._client().describe_topics(TopicCollection([topic]), request_timeout=TIMEOUT)
            return str(futures[topic].result().topic_id)
        except KafkaException as error:
            raise Transient(f"topic {topic} cannot be described: {error}") from error

    def require(self, topics: Sequence[str]) -> None:
        """Raise `Transient` unless all these topics exist: a consumer must not make one by asking for it."""
        futures = self._client().describe_topics(TopicCollection(list(topics)), request_timeout=TIMEOUT)
        for topic, future in futures.items():
            try:
                future.result()
            except KafkaException as error:
                raise Transient(f"topic {topic} cannot be described: {error}") from error

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """The next offset of each partition that the group has committed."""
        request: list[Any] = [ConsumerGroupTopicPartitions(group)]
        try:
            futures = self._client().list_consumer_group_offsets(request, request_timeout=TIMEOUT)
            parts = futures[group].result().topic_partitions
        except KafkaException as error:
            raise Transient(f"offsets of group {group} cannot be read: {error}") from error
        return {part.partition: part.offset for part in parts if part.topic == topic and part.offset >= 0}

    def _client(self) -> AdminClient:
        if self._admin is None:
            try:
                self._admin = AdminClient(self._properties)
            except KafkaException as error:  # a token that did not come in time
                raise Transient(f"no client of the broker: {error}") from error
        return self._admin
