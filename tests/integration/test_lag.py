"""Consumer lag as the real broker tells it."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client import CollectorRegistry

from covid_process.lag import Broker, Lag

pytestmark = pytest.mark.integration


def test_lag_of_a_group_from_its_first_message_to_its_last(stack: Any) -> None:
    connection = {"bootstrap.servers": stack.kafka_bootstrap}
    name = f"lag-{uuid.uuid4().hex[:10]}"
    admin = AdminClient(connection)
    admin.create_topics([NewTopic(name, 2)])[name].result(30)
    registry = CollectorRegistry()
    lag = Lag(Broker(connection, name), name, [name], [name], registry)

    def waits(*expected: float) -> bool:
        """Whether so many messages wait in the partitions, within a time: a fresh broker has to warm up."""
        deadline = time.monotonic() + 30
        while waiting() != list(expected) and time.monotonic() < deadline:
            time.sleep(0.2)
        return waiting() == list(expected)

    def waiting() -> list[float | None]:
        lag.measure()
        return [
            registry.get_sample_value(
                "covid_consumer_lag_messages", {"group": name, "topic": name, "partition": partition}
            )
            for partition in ("0", "1")
        ]

    assert waits(0, 0)  # a group that nobody has seen
    producer = Producer(connection)
    for _ in range(3):
        producer.produce(name, b"{}", partition=1)
    assert producer.flush(30) == 0
    assert waits(0, 3)
    consumer = Consumer({**connection, "group.id": name})
    consumer.commit(offsets=[TopicPartition(name, 1, 2)], asynchronous=False)
    consumer.close()
    assert waits(0, 1)
    assert registry.get_sample_value("covid_dead_letter_messages", {"topic": name}) == 3


def test_a_topic_that_is_missing_is_not_made(stack: Any) -> None:
    broker = Broker({"bootstrap.servers": stack.kafka_bootstrap}, "lag-of-nothing")
    name = f"missing-{uuid.uuid4().hex[:10]}"
    for _ in range(2):
        with pytest.raises(KafkaException):
            broker.places([name])
