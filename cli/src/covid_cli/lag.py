"""How far each consumer group is behind its topics, and how much was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from confluent_kafka import Message

from covid_cli.verify.positions import Positions
from covid_core import dlq, topics
from covid_process.topic import messages, place


def messages_in(positions: Positions, topic: str) -> int:
    """How many messages a topic has taken. Raises `KafkaException`."""
    return sum(positions.ends(topic).values())


def behind(positions: Positions) -> dict[tuple[str, str], int]:
    """Messages that each group of `topics.READERS` has still to finish. Raises `KafkaException`."""
    found = {}
    for group, topic in topics.READERS:
        # The end is read for each group, the stream's first: what it has finished stands on the other
        # topic by then, so nothing behind anywhere means that nothing is on its way.
        ends = positions.ends(topic)
        done = positions.committed(group, topic, list(ends))
        found[group, topic] = sum(max(0, end - done[number]) for number, end in ends.items())
    return found


def dead_letters(connection: Mapping[str, Any], positions: Positions, topic: str) -> int:
    """Distinct origins on a dead-letter topic: delivery is at-least-once, so letters repeat.

    `connection`: librdkafka's connection properties. Raises `KafkaException` or `BrokerSilent`.
    """
    return len({_origin(message) for message in messages(connection, topic, {}, positions.ends(topic))})


def _origin(message: Message) -> str:
    try:
        return dlq.decode(message.value() or b"").origin.id
    except msgspec.DecodeError:
        # Somebody else's message: counted by where it stands.
        partition, offset = place(message)
        return f"{partition}:{offset}"
