"""The stream's work in one process: consume, decode, merge, compute, encode, produce, commit; no Spark.

    python -m bench.programs.plain_stream TOPIC

The same code of the core, the same batches, compression and acknowledgement. The state is kept in memory,
where the stream's survives the machine's end: what durability costs is part of the comparison.

Reads questions `{"start": {partition: offset}, "end": …}` and answers with the seconds that they took.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections import defaultdict
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from bench.served import answering
from covid_core import topics
from covid_core.environment import load
from covid_core.region_state import Head, advance
from covid_core.replay import Kept
from covid_core.settings import KafkaSettings, StreamSettings
from covid_stream.inbox import Arrival, sort
from covid_stream.outputs import metrics_messages

_WAIT = 60.0


class PlainStream:
    """Keeps every region's state in memory."""

    def __init__(self, output: str) -> None:
        self._output = output
        connection = load(KafkaSettings, os.environ, str).librdkafka(lambda region: ("", 0.0))
        self._batch = load(StreamSettings, os.environ, str).max_records
        self._consumer = Consumer(
            {**connection, "group.id": "bench-plain", "enable.auto.commit": False, "fetch.wait.max.ms": 20}
        )
        # As Spark's: a batch of zstd, and the word of every replica.
        self._producer = Producer(
            {**connection, "compression.type": "zstd", "acks": "all", "queue.buffering.max.messages": 500_000}
        )
        self._heads: defaultdict[str, Head] = defaultdict(Head)
        self._chunks: defaultdict[str, Kept] = defaultdict(Kept)

    def work(self, question: Any) -> float:
        """Seconds for what stands between two positions."""
        start = {int(partition): offset for partition, offset in question["start"].items()}
        left = sum(question["end"].values()) - sum(start.values())
        self._consumer.assign([TopicPartition(topics.RECORDS, *place) for place in start.items()])
        begun = time.perf_counter()
        while left > 0:
            found = self._consumer.consume(min(self._batch, left), timeout=0.5)
            left -= len(found)
            self._batch_of(found, len(start))
        seconds = time.perf_counter() - begun
        self._consumer.unassign()
        return seconds

    def _batch_of(self, messages: list[Any], partitions: int) -> None:
        regions: defaultdict[str, list[Arrival]] = defaultdict(list)
        for message in messages:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            regions[message.key().decode()].append(_arrival(message))
        for region, arrivals in regions.items():
            inbox = sort(region, arrivals, partitions)
            head, rows = advance(region, self._heads[region], self._chunks[region], inbox.logged, 1)
            self._heads[region] = head
            for output in metrics_messages(region, rows, inbox.traceparents):
                self._producer.produce(self._output, output.value, output.key)
        if self._producer.flush(_WAIT):
            raise TimeoutError(f"{self._output} did not take all messages")
        if messages:
            self._consumer.commit(asynchronous=False)


def _arrival(message: Any) -> Arrival:
    stamp = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
    return Arrival(message.value(), message.partition(), message.offset(), stamp, message.headers() or ())


if __name__ == "__main__":
    answering(PlainStream(sys.argv[1]).work)
