"""Sends a few messages, and knows whether the broker took them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaException, Producer

_SECONDS: Final = 30.0


class Outgoing(NamedTuple):
    """A message. Without a value it is a tombstone of its key."""

    topic: str
    key: bytes | str | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def send(connection: Mapping[str, Any], wanted: Iterable[Outgoing]) -> int:
    """Send messages, by their keys to the partitions where the services expect them; how many.

    They are in the log when it returns. `connection`: librdkafka's connection properties. Raises
    `KafkaException` when the broker does not take them within 30 s.
    """
    failed: list[Any] = []
    producer = Producer({**connection, "partitioner": "murmur2_random", "acks": "all"})
    count = 0
    for one in wanted:
        producer.produce(
            one.topic,
            one.value,
            one.key,
            headers=list(one.headers),
            on_delivery=lambda error, message: failed.append(error) if error else None,
        )
        producer.poll(0)
        count += 1
    left = producer.flush(_SECONDS)
    if failed:
        raise KafkaException(failed[0])
    if left:
        raise KafkaException(f"{left} messages were not taken by the broker within {_SECONDS:.0f} s")
    return count
