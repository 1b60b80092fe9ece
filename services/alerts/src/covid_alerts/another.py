"""Whether a client's silence is its own: one that has lost its brokers for good never finds them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

_ANSWER_SECONDS: Final = 5.0


def is_answered(connection: Mapping[str, Any]) -> bool:
    """Whether another client finds a broker, by librdkafka's connection properties (docs/adr/0018)."""
    try:
        return bool(AdminClient(dict(connection)).list_topics(timeout=_ANSWER_SECONDS).brokers)
    except KafkaException:
        return False
