"""Makes the topics of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

_SECONDS: Final = 30


class Topic(Protocol):
    """What is to be made; `partitions` is None where the deployment's number applies."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def partitions(self) -> int | None:
        """Their number."""

    @property
    def config(self) -> Mapping[str, str]:
        """Settings of the topic."""


def create(
    connection: Mapping[str, Any], topics: Iterable[Topic], *, partitions: int, replication: int
) -> None:
    """Create those that are missing; what is there stays as it is. Raises `KafkaException`.

    `connection`: librdkafka's connection properties.
    """
    client = AdminClient(dict(connection))
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions or partitions,
            replication_factor=replication,
            config=dict(topic.config),
        )
        for topic in topics
    ]
    for future in client.create_topics(wanted, request_timeout=_SECONDS).values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
