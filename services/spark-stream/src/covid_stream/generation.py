"""Decides the generation at start, and announces when a new one has replaced the rows of the old."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from covid_core import control, metrics, topics
from covid_core.control import Drained, Generation
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval
from covid_stream.progress import PositionReporter, unread

_log = logging.getLogger(__name__)
_TIMEOUT = 30.0
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_FOLLOWED_SECONDS = 60.0
"""By one client, which may have lost its brokers for good (docs/adr/0018). To read anew is cheap."""


class LogUnavailable(RuntimeError):
    """The broker or its topics cannot be reached; the message says what to do."""


class Control:
    """The compacted topic `covid.control`, as the stream uses it."""

    def __init__(self, connection: Mapping[str, Any], interval: SerialInterval = DEFAULT_INTERVAL) -> None:
        """`connection`: librdkafka's connection properties. `interval`: the serial interval of Rt. Raises
        `LogUnavailable` when the broker wants a token and none comes within 10 seconds."""
        self._connection = dict(connection)
        self._interval = interval
        try:
            self._admin = self.client()
        except KafkaException as error:
            raise LogUnavailable(f"no client of {connection['bootstrap.servers']}: {error}") from error

    def client(self) -> AdminClient:
        """A client of its own. Raises `KafkaException`."""
        return AdminClient(self._connection)

    def settle(self) -> Generation:
        """The generation that applies, published where it is new. Raises `LogUnavailable`."""
        try:
            topic = self._admin.describe_topics(TopicCollection([topics.RECORDS]))[topics.RECORDS].result(
                _TIMEOUT
            )
            stored = self._stored()
        except (KafkaException, TimeoutError) as error:
            raise LogUnavailable(
                f"{topics.RECORDS} cannot be read at {self._connection['bootstrap.servers']}: {error}. "
                "Is the broker up, and have the topics been made?"
            ) from error
        generation = control.current(
            stored,
            definition=metrics.DEFINITION,
            partitions=len(topic.partitions),
            topic_id=str(topic.topic_id),
            serial_interval=self._interval,
        )
        if generation != stored:
            if stored is not None:
                # First: who reads of the new one must not find what the old one has finished.
                PositionReporter(lambda: self._admin).report(unread(generation.partitions))
            self._publish(control.GENERATION, control.encode(generation))
        return generation

    @contextmanager
    def followed(self, generation: Generation) -> Iterator[Callable[[], bool]]:
        """Follow the topic: what it gives says whether a later generation has been published by now.

        It never waits, and a broker that is away only delays the answer.
        """
        consumer, begun = self._from_the_beginning(), time.monotonic()
        later = False

        def superseded() -> bool:
            nonlocal consumer, begun, later
            while not later and (message := consumer.poll(0)) is not None:
                value = message.value()
                if message.error() is None and message.key() == control.GENERATION and value is not None:
                    later = control.decode_generation(value).generation > generation.generation
            if time.monotonic() - begun > _FOLLOWED_SECONDS:
                begun = time.monotonic()
                with suppress(KafkaException):  # a token that did not come in time
                    anew = self._from_the_beginning()
                    consumer.close()
                    consumer = anew
            return later

        try:
            yield superseded
        finally:
            consumer.close()

    def announce_drained(self, generation: Generation) -> None:
        """Tell the sinks that all rows of the generation are in `covid.metrics`. Raises `LogUnavailable`."""
        message = Drained(generation=generation.generation, metrics_end=self.ends(topics.METRICS))
        self._publish(control.DRAINED, control.encode(message))

    def ends(self, topic: str) -> dict[int, int]:
        """End offset of each partition of a topic. Raises `LogUnavailable`."""
        consumer = self._consumer()
        try:
            partitions = consumer.list_topics(topic, timeout=_TIMEOUT).topics[topic].partitions
            return {
                p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=_TIMEOUT)[1]
                for p in partitions
            }
        except KafkaException as error:
            raise LogUnavailable(f"{topic} does not say where it ends: {error}") from error
        finally:
            consumer.close()

    def _stored(self) -> Generation | None:
        consumer = self._from_the_beginning()
        stored: Generation | None = None
        try:
            while True:
                message = consumer.poll(_TIMEOUT)
                if message is None:
                    raise TimeoutError(f"{topics.CONTROL} did not answer in {_TIMEOUT:.0f} s")
                error = message.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    break
                if error is not None:
                    raise KafkaException(error)
                value = message.value()
                if message.key() == control.GENERATION and value is not None:
                    stored = control.decode_generation(value)
        finally:
            consumer.close()
        return stored

    def _from_the_beginning(self) -> Consumer:
        consumer = self._consumer()
        consumer.assign([TopicPartition(topics.CONTROL, 0, OFFSET_BEGINNING)])
        return consumer

    def _consumer(self) -> Consumer:
        # The group is never joined: partitions are assigned by hand and nothing is committed.
        return Consumer(
            {
                **self._connection,
                "group.id": f"{topics.STREAM_GROUP}-control-{uuid.uuid4()}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )

    def _publish(self, key: bytes, value: bytes) -> None:
        producer = Producer({**self._connection, "enable.idempotence": True})
        failures: list[str] = []
        producer.produce(
            topics.CONTROL,
            key=key,
            value=value,
            on_delivery=lambda e, _: failures.append(str(e)) if e else None,
        )
        if producer.flush(_TIMEOUT) or failures:
            raise LogUnavailable(f"{topics.CONTROL} did not take a message: {failures or 'time ran out'}")


def settled(control: Control, stop: threading.Event) -> Generation | None:
    """`control.settle()`, tried again while the log is not there yet; None when told to stop.

    Raises `LogUnavailable` when it has not come within a minute.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not stop.is_set():
        try:
            return control.settle()
        except LogUnavailable as error:
            if time.monotonic() > deadline:
                raise
            _log.warning("trying again: %s", error)
            stop.wait(_PAUSE_SECONDS)
    return None
