"""Waiting for rows on a topic, to the millisecond."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench.log import Log
from bench.stack import Servers

SECONDS = 120.0

Wait = Callable[[Iterable[str], str], None]
"""Waits until a message with a row of a day (ISO) has come for each of some regions."""


class _Packed(msgspec.Struct):
    rows: list[list[object]]


_decoder = msgspec.json.Decoder(_Packed)
_DATE = 2


@contextmanager
def tapped(stack: Servers, topic: str) -> Iterator[Wait]:
    """Reads a topic from its end on."""
    consumer = Consumer(
        {
            **stack.kafka,
            "group.id": f"bench-{uuid.uuid4()}",
            "fetch.wait.max.ms": 5,
            "enable.auto.commit": False,
        }
    )
    ends = Log(stack.kafka).ends(topic)
    consumer.assign([TopicPartition(topic, *place) for place in ends.items()])

    def wait(codes: Iterable[str], day: str) -> None:
        waiting, deadline = set(codes), time.monotonic() + SECONDS
        while waiting:
            message = consumer.poll(0.5)
            if message is not None:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                rows = _decoder.decode(message.value() or b"").rows
                if any(row[_DATE] == day for row in rows):
                    waiting.discard((message.key() or b"").decode())
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no rows of {sorted(waiting)[:5]} within {SECONDS:.0f} s")

    try:
        consumer.poll(0.5)
        yield wait
    finally:
        consumer.close()
