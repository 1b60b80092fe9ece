"""Questions to the broker that Faust does not ask: a topic's id, and whether topics exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
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

    def _client(self) -> AdminClient:
        if self._admin is None:
            try:
                self._admin = AdminClient(self._properties)
            except KafkaException as error:  # a token that did not come in time
                raise Transient(f"no client of the broker: {error}") from error
        return self._admin
