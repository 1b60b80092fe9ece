"""Waiting for rows on a topic, to the millisecond."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench.log import Log
from bench.stack import Servers

SECONDS = 120.0


class _Packed(msgspec.Struct):
    rows: list[list[object]]


_decoder = msgspec.json.Decoder(_Packed)
_DATE = 2


class Tap:
    """Reads a topic from its end on."""

    def __init__(self, stack: Servers, topic: str) -> None:
        self._log = Log(stack.kafka)
        self._topic = topic
        self._consumer = Consumer(
            {
                **stack.kafka,
                "group.id": f"bench-{uuid.uuid4()}",
                "fetch.wait.max.ms": 5,
                "enable.auto.commit": False,
            }
        )
        self.skip()

    def skip(self) -> None:
        """Go to the end: what other work has left there is not read within anybody's time."""
        ends = self._log.ends(self._topic)
        self._consumer.assign([TopicPartition(self._topic, *place) for place in ends.items()])
        self._consumer.poll(0.5)

    def wait(self, codes: Iterable[str], day: str) -> None:
        """Wait until a message with a row of a day (ISO) has come for each of some regions.

        Raises `TimeoutError` after two minutes, `KafkaException`.
        """
        waiting, deadline = set(codes), time.monotonic() + SECONDS
        while waiting:
            message = self._consumer.poll(0.5)
            if message is not None:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                rows = _decoder.decode(message.value() or b"").rows
                if any(row[_DATE] == day for row in rows):
                    waiting.discard((message.key() or b"").decode())
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no rows of {sorted(waiting)[:5]} within {SECONDS:.0f} s")

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


@contextmanager
def tapped(stack: Servers, topic: str) -> Iterator[Tap]:
    """A tap, closed at the end."""
    with closing(Tap(stack, topic)) as tap:
        yield tap
