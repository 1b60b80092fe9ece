"""The port to the log: appends records to `covid.records` and answers with their positions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from covid_api.problems import Unavailable
from covid_core import records, topics
from covid_core.records import Record

DELIVERY_SECONDS: Final = 5
"""How long a record may take to the log. After that it is given up, and never arrives later."""

QUEUE_RECORDS: Final = 20_000
"""Most records under way at once, over all requests."""

_POLL_SECONDS: Final = 0.2


class Position(msgspec.Struct, frozen=True):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int


class LogWriter:
    """An idempotent producer whose delivery reports arrive as asyncio results."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed, but for
        a token where the broker wants one: raises `KafkaException` when none comes within 10 seconds."""
        self._producer = Producer(
            {
                **connection,
                "client.id": "covid-api",
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 1,
                "message.timeout.ms": DELIVERY_SECONDS * 1000,
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "reconnect.backoff.max.ms": 1000,
            }
        )
        self._open = True
        self._poller = threading.Thread(target=self._poll, name="kafka-poll", daemon=True)
        self._poller.start()

    async def append(self, batch: Sequence[Record], headers: Sequence[Mapping[str, str]]) -> list[Position]:
        """Append records, each with its headers, and wait until all brokers in sync have them.

        All are handed over in one go, so that those of a partition travel in one request. Raises
        `Unavailable` when any was not confirmed; its members list the ones that were. To repeat a write
        is harmless: merging is idempotent.
        """
        if len(self._producer) + len(batch) > QUEUE_RECORDS:
            raise Unavailable("Kafka", "too many records are already under way")
        delivery = _Delivery(len(batch))
        try:
            for index, (record, head) in enumerate(zip(batch, headers, strict=True)):
                self._producer.produce(
                    topics.RECORDS,
                    records.encode(record),
                    record.region.encode(),
                    headers={name: value.encode() for name, value in head.items()},
                    on_delivery=delivery.report(index),
                )
        except (BufferError, KafkaException) as error:
            raise Unavailable("Kafka", str(error)) from error
        return await delivery.done

    def check(self, timeout: float) -> None:
        """Raise `Unavailable` unless the broker answers and has the topic. Blocks up to `timeout` seconds."""
        try:
            topic = self._producer.list_topics(topics.RECORDS, timeout).topics[topics.RECORDS]
        except KafkaException as error:
            raise Unavailable("Kafka", error.args[0].str()) from error
        if topic.error is not None:
            raise Unavailable("Kafka", topic.error.str())

    def close(self, timeout: float) -> int:
        """Send what is under way, for at most `timeout` seconds; returns how many records were not sent."""
        left = self._producer.flush(timeout)
        self._open = False
        self._poller.join(_POLL_SECONDS * 2)
        return left

    def _poll(self) -> None:
        while self._open:
            self._producer.poll(_POLL_SECONDS)


class _Delivery:
    """Collects the delivery reports of one batch, called from the polling thread."""

    def __init__(self, size: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[list[Position]] = self._loop.create_future()
        self._positions: list[Position | None] = [None] * size
        self._waiting = size
        self._failure: KafkaError | None = None

    def report(self, index: int) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is None:
                self._positions[index] = Position(
                    topics.RECORDS, message.partition() or 0, message.offset() or 0
                )
            else:
                self._failure = error
            self._waiting -= 1
            if not self._waiting:
                self._loop.call_soon_threadsafe(self._finish)

        return delivered

    def _finish(self) -> None:
        if self.done.done():  # the request was cancelled meanwhile
            return
        arrived = [position for position in self._positions if position is not None]
        if self._failure is None:
            self.done.set_result(arrived)
            return
        written = [
            {"index": index, **msgspec.structs.asdict(position)}
            for index, position in enumerate(self._positions)
            if position is not None
        ]
        self.done.set_exception(Unavailable("Kafka", self._failure.str(), written=written))
