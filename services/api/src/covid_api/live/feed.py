"""The one reader of `covid.metrics`: a consumer in a thread, assigned all partitions and in no group."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from covid_api.live.entries import Entry, entry
from covid_api.live.positions import Positions
from covid_core import topics

log = logging.getLogger(__name__)

LOOK_BACK: Final = 64
"""Messages of each partition that are read again at the start, so that listeners of before can resume."""

_BATCH: Final = 50
_POLL_SECONDS: Final = 0.2
_ANSWER_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 30.0

Begin = Callable[[Positions, Positions], None]
"""Told where reading begins, and where the log ended then."""

Take = Callable[[Sequence[Entry]], None]
"""Given entries in the order of the log; returns once there is room for more."""


class Feed:
    """Reads from `LOOK_BACK` messages before the end, and again from there whenever reading fails."""

    def __init__(self, connection: Mapping[str, Any], topic: str = topics.METRICS) -> None:
        """`connection`: librdkafka's connection properties. Nothing is contacted yet."""
        self._topic = topic
        self._properties = {
            **connection,
            "client.id": "covid-api",
            # librdkafka wants a name, though nothing is ever committed under it.
            "group.id": "covid-api-stream",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "allow.auto.create.topics": False,
            # Offsets that are no more mean another log: never go on elsewhere in silence.
            "auto.offset.reset": "error",
            "queued.max.messages.kbytes": 4096,
            "fetch.queue.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,
        }
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, begin: Begin, take: Take) -> None:
        """Read in a thread, which calls both from then on."""
        self._thread = threading.Thread(
            target=self._run, args=(begin, take), name="metrics-feed", daemon=True
        )
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Stop reading, if it began; wait at most `timeout` seconds for its end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def _run(self, begin: Begin, take: Take) -> None:
        while not self.stopping:
            try:
                self._read(begin, take)
            except KafkaException as error:
                log.warning("%s cannot be read, trying again: %s", self._topic, error.args[0].str())
                self._stopping.wait(_RETRY_SECONDS)

    def _read(self, begin: Begin, take: Take) -> None:
        """Read until told to stop, or the topic has other partitions. Raises `KafkaException`."""
        consumer = Consumer(self._properties)
        try:
            starts, ends = self._range(consumer)
            begin(starts, ends)
            consumer.assign([TopicPartition(self._topic, number, at) for number, at in starts.items()])
            checked = time.monotonic()
            while not self.stopping:
                entries = _next(consumer)
                if entries:
                    take(entries)
                if time.monotonic() - checked > _CHECK_SECONDS:
                    checked = time.monotonic()
                    if self._partitions(consumer) != list(starts):
                        log.warning("%s has other partitions now: reading it anew", self._topic)
                        return
        finally:
            consumer.close()

    def _range(self, consumer: Consumer) -> tuple[dict[int, int], dict[int, int]]:
        starts, ends = {}, {}
        for number in self._partitions(consumer):
            place = TopicPartition(self._topic, number)
            low, high = consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
            starts[number], ends[number] = max(low, high - LOOK_BACK), high
        return starts, ends

    def _partitions(self, consumer: Consumer) -> list[int]:
        described = consumer.list_topics(self._topic, timeout=_ANSWER_SECONDS).topics[self._topic]
        if described.error is not None:
            raise KafkaException(described.error)
        return sorted(described.partitions)


def _next(consumer: Consumer) -> list[Entry]:
    """What there is; waits a little for the first. Raises `KafkaException`."""
    first = consumer.poll(_POLL_SECONDS)
    if first is None:
        return []
    # `consume` waits until the batch is full, `poll` does not: so only what has arrived is taken with it.
    return [_entry(message) for message in (first, *consumer.consume(_BATCH, 0))]


def _entry(message: Message) -> Entry:
    error = message.error()
    if error is not None:
        raise KafkaException(error)
    _, milliseconds = message.timestamp()
    return entry(message.partition() or 0, message.offset() or 0, milliseconds / 1000, message.value())
