"""What the streaming job does, as a thread: the tests of the API need no Spark."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from covid_core import control, messages, records, topics
from covid_core.logged import Logged
from covid_core.region_state import Head, advance
from covid_core.replay import Kept
from covid_stream.generation import Control

_PUBLISHER = "publisher"
"""Actor of the reports that these tests publish; records of other tests are left alone."""


class LittleStream:
    """What the streaming job does, for records of these tests: merge by the core, publish what changed."""

    def __init__(self, bootstrap: str) -> None:
        self._states: dict[str, tuple[Head, Kept]] = {}
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 0}
        )
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False}
        )
        self._consumer.assign(self._ends())
        self._generation = Control({"bootstrap.servers": bootstrap}).settle()
        self.headers: dict[tuple[int, int], dict[str, str]] = {}
        self.values: dict[tuple[int, int], bytes] = {}
        self._working = threading.Event()
        self._working.set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _ends(self) -> list[TopicPartition]:
        deadline = time.monotonic() + 20
        while True:
            try:
                partitions = self._consumer.list_topics(topics.RECORDS, 10).topics[topics.RECORDS].partitions
                places = [TopicPartition(topics.RECORDS, number) for number in partitions]
                for place in places:
                    _, place.offset = self._consumer.get_watermark_offsets(place, 10)
                return places
            except KafkaException:
                # A broker that was started a moment ago does not lead all partitions yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is merged meanwhile."""
        self._working.clear()
        try:
            yield
        finally:
            self._working.set()

    @property
    def generation(self) -> int:
        """Of the rows of what is merged now."""
        return self._generation.generation

    @contextmanager
    def next_generation(self) -> Iterator[None]:
        """What is merged meanwhile is of the next generation. The one before is that of the tests to come,
        since nothing is computed anew here."""
        before = self._generation
        self._begin(msgspec.structs.replace(before, generation=before.generation + 1))
        try:
            yield
        finally:
            self._begin(before)

    def _begin(self, generation: control.Generation) -> None:
        self._producer.produce(topics.CONTROL, control.encode(generation), control.GENERATION)
        assert self._producer.flush(10) == 0
        self._generation = generation

    def stop(self) -> None:
        self._stopping.set()
        self._working.set()
        self._thread.join(10)
        self._consumer.close()

    def report(self, item: Mapping[str, Any]) -> None:
        """Publish a record as a publisher's file would, and merge it."""
        value = json.dumps(item).encode()
        self._producer.produce(
            topics.RECORDS, value, item["region"].encode(), headers={topics.Header.ACTOR: _PUBLISHER}
        )
        self._producer.flush(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            message = self._consumer.poll(0.1)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            headers = {name: value.decode() for name, value in message.headers() or ()}
            place = message.partition(), message.offset()
            self.headers[place] = headers
            self.values[place] = message.value()
            self._working.wait()
            if headers.get(topics.Header.ACTOR, "").startswith(("api:", _PUBLISHER)):
                self._merge(message)

    def _merge(self, message: Any) -> None:
        stamp = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
        record = records.decode(message.value(), stamp)
        head, chunks = self._states.get(record.region, (Head(), Kept()))
        logged = [Logged(record, message.offset(), asked=True)]
        head, rows = advance(record.region, head, chunks, logged, generation=self.generation)
        self._states[record.region] = head, chunks
        for value in messages.encode(rows):
            self._producer.produce(topics.METRICS, value, record.region.encode())
        self._producer.flush(10)
