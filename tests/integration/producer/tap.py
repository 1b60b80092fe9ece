"""What the producer appends to the log, as a test sees it."""

from __future__ import annotations

import datetime as dt
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from covid_core import dlq, ledger, records, topics
from covid_core.records import Record

TOPICS = (topics.RECORDS, topics.RECORDS_DLQ, topics.FILES)
SECONDS = 30


class Tap:
    """What is appended to the log from now on."""

    def __init__(self, bootstrap: str) -> None:
        # A fetch that waits for more holds up every other question on its connection.
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "fetch.wait.max.ms": 10}
        )
        self._consumer.assign([TopicPartition(*where) for where in self._ends()])
        self.messages: list[Message] = []

    def _ends(self) -> list[tuple[str, int, int]]:
        found = []
        for topic in TOPICS:
            for partition in self._consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                found.append((topic, partition, self._end(TopicPartition(topic, partition))))
        return found

    def _end(self, place: TopicPartition) -> int:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return self._consumer.get_watermark_offsets(place, timeout=10)[1]
            except KafkaException as error:
                # A topic that was made a moment ago.
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def read(self) -> None:
        """Take everything that is in the log by now."""
        self.messages += self.taken(sum(end for _, _, end in self._ends()))

    def taken(self, end: int) -> list[Message]:
        found: list[Message] = []
        deadline = time.monotonic() + SECONDS
        while self._position() < end:
            assert time.monotonic() < deadline
            message = self._consumer.poll(0.1)
            if message is not None:
                assert message.error() is None
                found.append(message)
        return found

    def _position(self) -> int:
        places = self._consumer.position(self._consumer.assignment())
        assigned = {(p.topic, p.partition): p.offset for p in self._consumer.assignment()}
        return sum(p.offset if p.offset >= 0 else assigned[p.topic, p.partition] for p in places)

    def of(self, topic: str) -> list[Message]:
        return [message for message in self.messages if message.topic() == topic]

    def records(self) -> list[Record]:
        now = dt.datetime.now(dt.UTC)
        return [records.decode(message.value(), now) for message in self.of(topics.RECORDS)]

    def letters(self) -> list[dlq.DeadLetter]:
        return [dlq.decode(message.value() or b"") for message in self.of(topics.RECORDS_DLQ)]

    def finished(self) -> dict[str, ledger.Finished | None]:
        return {
            (message.key() or b"").decode(): ledger.decode(message.value() or b"")
            for message in self.of(topics.FILES)
        }

    def close(self) -> None:
        self._consumer.close()
