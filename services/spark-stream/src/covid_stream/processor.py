"""The stateful processor: one region's records in, its changed rows out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec
from pyspark.sql import Row
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle

from covid_core.control import Generation
from covid_core.region_state import Head, advance
from covid_core.rows import Row as MetricsRow
from covid_stream.inbox import Inbox, arrival_of, sort
from covid_stream.outputs import Output, metrics_messages

_head_decoder = msgspec.msgpack.Decoder(Head)
_head_encoder = msgspec.msgpack.Encoder()


class StateChunks:
    """The chunks of the region at hand, in Spark's state store."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        stored = self._state.getValue((key,))
        return None if stored is None else bytes(stored[0])

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._state.updateValue((key,), (value,))


class RegionProcessor(StatefulProcessor):
    """Keeps a region's head and month chunks, and emits what `Output` describes."""

    def __init__(self, generation: Generation) -> None:
        self._partitions = generation.partitions
        self._generation = generation.generation
        self._interval = generation.serial_interval

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state variables."""
        self._head = handle.getValueState("head", "value binary")
        self._chunks = StateChunks(handle.getMapState("chunks", "key string", "value binary"))

    def handleInputRows(self, key: Any, rows: Iterator[Any], timerValues: Any) -> Iterator[Row]:
        """One micro-batch of one region."""
        region: str = key[0]
        inbox = sort(region, map(arrival_of, rows), self._partitions)
        changed: list[MetricsRow] = []
        if inbox.logged:
            # Every question to the state is a round trip to the JVM. The head saves some: without its newest
            # day, the months after a new one would be asked for rows that depend on it.
            stored = self._head.get()
            head = Head() if stored is None else _head_decoder.decode(bytes(stored[0]))
            head, changed = advance(
                region, head, self._chunks, inbox.logged, self._generation, interval=self._interval
            )
            self._head.update((_head_encoder.encode(head),))
        for output in chain(inbox.outputs, _changed(region, changed, inbox)):
            yield Row(
                topic=output.topic,
                key=output.key,
                value=output.value,
                headers=list(output.headers),
                partition=output.partition,
            )

    def close(self) -> None:
        """Nothing is held open."""


def _changed(region: str, rows: list[MetricsRow], inbox: Inbox) -> Iterator[Output]:
    return metrics_messages(region, rows, inbox.traceparents, min(inbox.arrived, default=None))
