"""A Faust agent with a table, kept in memory: `python -m bench.peers.faust_table OUTPUT FOLDER`.

The table has a changelog topic, as Faust makes it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import faust

from bench.peers.job import handle
from covid_core import topics
from covid_sinks.runner import COMMIT_SECONDS, Transport

GROUP = "bench-faust"


class _Chunks:
    """The part of a table that belongs to a region."""

    def __init__(self, table: Any, region: str) -> None:
        self._table = table
        self._region = region

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        found: bytes | None = self._table.get(f"{self._region}|{key}")
        return found

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._table[f"{self._region}|{key}"] = value


def app_of(target: str, folder: str) -> faust.App:
    """The application."""
    app = faust.App(
        GROUP,
        broker=f"kafka://{os.environ['COVID_KAFKA_BOOTSTRAP']}",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        # As the sinks have it, and their short polls: Faust's own 2.8 s and 1.5 s would be in every figure.
        broker_commit_interval=COMMIT_SECONDS,
        producer_acks=-1,
        stream_wait_empty=False,
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "value_type": bytes}
    source = app.topic(topics.RECORDS, **raw)
    output = app.topic(target, **raw)
    table = app.Table("state", partitions=4, key_type=str, value_type=bytes)

    @app.agent(source)
    async def rows(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            region = message.key.decode()
            place, millis = (message.partition, message.offset), round(message.timestamp * 1000)
            for found in handle(region, event.value, place, millis, _Chunks(table, region)):
                await output.send(key=found.key, value=found.value)

    return app


if __name__ == "__main__":
    made = app_of(*sys.argv[1:3])
    faust.Worker(made, loglevel="warning").execute_from_commandline()
