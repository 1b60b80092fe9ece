"""A consumer that only decodes: `python -m bench.programs.plain_consumer GROUP ROWS MESSAGES`.

Takes 50 messages at a time, as the sinks' runner does, and commits after each batch without waiting, so at
least as often. Prints the rows a second that it decoded after its first batch.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec
from confluent_kafka import Consumer, KafkaException

from covid_core import topics
from covid_core.environment import load
from covid_core.rows import Row
from covid_core.settings import KafkaSettings, SinkSettings


class Packed(msgspec.Struct):
    """A message of `covid.metrics`."""

    columns: tuple[str, ...]
    rows: list[Row]


def consume(group: str, messages: int) -> float:
    """Read until all messages have come."""
    read = load(KafkaSettings, os.environ, str).librdkafka(lambda region: ("", 0.0))
    batch = load(SinkSettings, os.environ, str).batch_messages
    consumer = Consumer(
        {**read, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    consumer.subscribe([topics.METRICS])
    decoder = msgspec.json.Decoder(Packed)
    begun, seen, rows, first = 0.0, 0, 0, 0
    while seen < messages:
        found = consumer.consume(batch, timeout=0.1)
        for message in found:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            rows += len(decoder.decode(message.value() or b"").rows)
        seen += len(found)
        if found:
            consumer.commit(asynchronous=True)
        if found and not begun:
            first, begun = rows, time.perf_counter()
    rate = (rows - first) / (time.perf_counter() - begun)
    consumer.close()
    return rate


if __name__ == "__main__":
    print(consume(sys.argv[1], int(sys.argv[3])), flush=True)
