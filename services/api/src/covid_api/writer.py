"""The port to the log: appends records to `covid.records` and answers with their positions."""

from __future__ import annotations

import asyncio
import logging
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
_ANSWER_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


class Position(msgspec.Struct, frozen=True):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int


class LogWriter:
    """An idempotent producer whose delivery reports arrive as asyncio results.

    One that has lost its brokers for good (docs/adr/0018) is replaced.
    """

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted before it is needed, but for
        a token where the broker wants one: raises `KafkaException` when none comes within 10 seconds."""
        self._properties = {
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
        self._producer = Producer(self._properties)
        self._replaced: list[Producer] = []
        self._failed = threading.Event()
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._poll, name="kafka-poll", daemon=True),
            threading.Thread(target=self._watch, name="kafka-watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    async def append(self, batch: Sequence[Record], headers: Sequence[Mapping[str, str]]) -> list[Position]:
        """Append records, each with its headers, and wait until all brokers in sync have them.

        All are handed over in one go, so that those of a partition travel in one request. Raises
        `Unavailable` when any was not confirmed; its members list the ones that were. To repeat a write
        is harmless: merging is idempotent.
        """
        if len(self._producer) + len(batch) > QUEUE_RECORDS:
            raise Unavailable("Kafka", "too many records are already under way")
        delivery = _Delivery(len(batch), self._failed.set)
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
            self._failed.set()
            raise Unavailable("Kafka", error.args[0].str()) from error
        if topic.error is not None:
            raise Unavailable("Kafka", topic.error.str())

    def close(self, timeout: float) -> int:
        """Send what is under way, for at most `timeout` seconds; returns how many records were not sent."""
        left = self._producer.flush(timeout) + sum(map(len, self._replaced))
        self._closed.set()
        self._failed.set()
        for thread in self._threads:
            thread.join(_POLL_SECONDS * 2)
        return left

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_POLL_SECONDS)
            for producer in self._replaced:
                producer.poll(0)

    def _watch(self) -> None:
        """After each failure: another producer, where this one alone finds no broker."""
        while self._failed.wait() and not self._closed.is_set():
            self._failed.clear()
            try:
                if not _answered(self._producer) and _answered(other := Producer(self._properties)):
                    log.warning("the producer has lost its brokers and another has not: it is replaced")
                    # What it still holds is given up in time, and told.
                    self._replaced = [*filter(len, self._replaced), self._producer]
                    self._producer = other
            except KafkaException as error:  # a token that did not come in time
                log.warning("no other producer can be made: %s", error)


def _answered(producer: Producer) -> bool:
    """Whether a broker answers a producer."""
    try:
        return bool(producer.list_topics(topics.RECORDS, _ANSWER_SECONDS).brokers)
    except KafkaException:
        return False


class _Delivery:
    """Collects the delivery reports of one batch, called from the polling thread."""

    def __init__(self, size: int, failed: Callable[[], None]) -> None:
        """`failed` is called with each failure."""
        self._failed = failed
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
                self._failed()
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
