"""Reads a topic from one position to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

_CHUNK: Final = 20_000
_PATIENCE_SECONDS: Final = 15.0


class BrokerSilent(Exception):
    """The broker sent nothing for too long."""


def messages(
    connection: Mapping[str, Any],
    topic: str,
    start: Mapping[int, int],
    end: Mapping[int, int],
    group: str = "covid-cli",
) -> Iterator[Message]:
    """Messages of a topic from `start` (absent: the oldest) up to, not including, `end`.

    `connection`: librdkafka's connection properties. `group` is the name under which the client reads, as
    rights go by it. Order holds within a partition. Raises `KafkaException`, or `BrokerSilent` when nothing
    comes.
    """
    left = {partition for partition, offset in end.items() if start.get(partition, 0) < offset}
    consumer = Consumer(
        {
            **connection,
            "group.id": group,  # the client needs one; nothing is ever committed
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, p, start.get(p) or OFFSET_BEGINNING) for p in left])
        while left:
            got = consumer.consume(_CHUNK, timeout=0.2) or consumer.consume(1, timeout=_PATIENCE_SECONDS)
            if not got:
                raise BrokerSilent(f"the broker sent nothing of {topic} for {_PATIENCE_SECONDS:.0f} s")
            for message in got:
                partition, offset = place(message)
                error = message.error()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:
                        raise KafkaException(error)
                    left.discard(partition)
                    continue
                if offset < end[partition]:
                    yield message
                if offset + 1 >= end[partition]:
                    left.discard(partition)
    finally:
        consumer.close()


def place(message: Message) -> tuple[int, int]:
    """Partition and offset of a message that was consumed."""
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise KafkaException(KafkaError(KafkaError._INVALID_ARG, "a message without a place"))
    return partition, offset
