"""How far each consumer group is behind its topics, and how much was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covid_cli.dlq.letters import standing
from covid_cli.verify.positions import Positions
from covid_core import topics


def messages_in(positions: Positions, topic: str) -> int:
    """How many messages a topic has taken. Raises `KafkaException`."""
    return sum(positions.ends(topic).values())


def behind(positions: Positions, suffix: str = "") -> dict[tuple[str, str], int]:
    """Messages that each group of `topics.readers(suffix)` has still to finish. Raises `KafkaException`."""
    found = {}
    for group, topic in topics.readers(suffix):
        # The end is read for each group, the stream's first: what it has finished stands on the other
        # topic by then, so nothing behind anywhere means that nothing is on its way.
        ends = positions.ends(topic)
        done = positions.committed(group, topic, list(ends))
        found[group, topic] = sum(max(0, end - done[number]) for number, end in ends.items())
    return found


def dead_letters(connection: Mapping[str, Any], positions: Positions, topic: str) -> int:
    """Letters that stand on a dead-letter topic, by distinct origin.

    `connection`: librdkafka's connection properties. Raises `KafkaException` or `BrokerSilent`.
    """
    return len(standing(connection, topic, positions.ends(topic)))
