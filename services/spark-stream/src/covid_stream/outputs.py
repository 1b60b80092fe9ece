"""What the stream publishes: messages of any topic, through the one Kafka sink of its query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from covid_core import messages, topics
from covid_core.rows import Row

SCHEMA: Final = (
    "topic string, key binary, value binary, headers array<struct<key: string, value: binary>>, partition int"
)
"""Columns that Spark's Kafka sink understands."""


class Output(NamedTuple):
    """One message to publish. `partition`: None for the one that its key leads to."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


def metrics_messages(
    region: str, rows: Sequence[Row], traceparents: Sequence[bytes] = (), published: int | None = None
) -> Iterator[Output]:
    """Changed rows of one region, packed; with the traces of the requests behind them, a header each.

    `published`: when the log took the oldest record behind them, in milliseconds since 1970 UTC.
    """
    headers = [(topics.Header.TRACEPARENT, each) for each in traceparents]
    if published is not None:
        headers.append((topics.Header.PUBLISHED, str(published).encode()))
    for value in messages.encode(rows):
        yield Output(topics.METRICS, region.encode(), value, headers)
