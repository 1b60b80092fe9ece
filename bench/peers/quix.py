"""Quix Streams, state in RocksDB and a changelog topic: `python -m bench.peers.quix OUTPUT STATE`.

Runs in an environment of its own, `.venv-peers`: it needs another confluent-kafka than the project.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from quixstreams import Application, State, message_context

from bench.peers.job import handle
from covid_core import topics

GROUP = "bench-quix"
COMMIT_SECONDS = 0.25
"""As the sinks have it."""


class _Chunks:
    """The state of the message's key."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        found: bytes | None = self._state.get_bytes(key)
        return found

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._state.set_bytes(key, value)


def rows(value: bytes, key: bytes, timestamp: int, headers: Any, state: State) -> Iterator[bytes]:
    """The messages that a record makes."""
    context = message_context()
    place = context.partition, context.offset
    return (output.value for output in handle(key.decode(), value, place, timestamp, _Chunks(state)))


def main(target: str, folder: str) -> None:
    """Run until told to end."""
    app = Application(
        broker_address=os.environ["COVID_KAFKA_BOOTSTRAP"],
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_SECONDS,
        consumer_poll_timeout=0.05,
        producer_extra_config={"compression.type": "zstd", "acks": "all"},
        state_dir=folder,
        loglevel="WARNING",
    )
    source = app.topic(topics.RECORDS, key_deserializer="bytes", value_deserializer="bytes")
    output = app.topic(target, key_serializer="bytes", value_serializer="bytes")
    frame = app.dataframe(source).apply(rows, stateful=True, expand=True, metadata=True)
    frame.to_topic(output)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:3])
