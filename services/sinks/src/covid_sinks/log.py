"""Questions to the broker that Faust does not ask: a topic's id, and whether topics exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from covid_sinks.contract import Transient

TIMEOUT = 10.0


class AnotherLog(Exception):
    """The log is another one than the one that the sink began with."""


class Log:
    """The broker as seen by an administrator. Every method may raise `Transient`."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed."""
        self._properties = dict(connection)
        self._admin: AdminClient | None = None

    def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        """Kafka's id of each topic: another one after the topic was made anew. `Transient` also unless all
        exist: a consumer must not make one by asking for it."""
        futures = self._client().describe_topics(TopicCollection(list(topics)), request_timeout=TIMEOUT)
        try:
            return {topic: _id(topic, future) for topic, future in futures.items()}
        except Transient:
            # It may have lost its brokers for good (docs/adr/0018): the next question has another client.
            self._admin = None
            raise

    def topic_id(self, topic: str) -> str:
        """That of one topic."""
        return self.topic_ids([topic])[topic]

    def _client(self) -> AdminClient:
        if self._admin is None:
            try:
                self._admin = AdminClient(self._properties)
            except KafkaException as error:  # a token that did not come in time
                raise Transient(f"no client of the broker: {error}") from error
        return self._admin


def _id(topic: str, described: Future[Any]) -> str:
    try:
        return str(described.result().topic_id)
    except KafkaException as error:
        raise Transient(f"topic {topic} cannot be described: {error}") from error
