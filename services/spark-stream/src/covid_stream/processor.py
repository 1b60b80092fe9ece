"""The stateful processor: the records of a bucket of regions in, their changed rows out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import msgspec
from pyspark.sql import Row
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle

from covid_core.control import Generation
from covid_core.region_state import Head, advance
from covid_core.rows import Row as MetricsRow
from covid_stream.inbox import Arrival, Inbox, arrival_of, sort
from covid_stream.outputs import Output, metrics_messages

BUCKETS: Final = 64
"""Regions are spread over so many buckets by their names. A part of the state format.

Each bucket at hand costs three round trips to the JVM and an Arrow batch, however many of its regions have
records: few buckets are cheap. Many are spread evenly over the partitions of the state, which can be at most
as many.
"""

_Heads = dict[str, Head]
_heads_decoder: Final = msgspec.msgpack.Decoder(_Heads)
_heads_encoder: Final = msgspec.msgpack.Encoder()


class StateChunks:
    """The chunks of one region, in Spark's state store."""

    def __init__(self, state: Any, region: str) -> None:
        self._state = state
        self._region = region

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        stored = self._state.getValue((self._name(key),))
        return None if stored is None else bytes(stored[0])

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._state.updateValue((self._name(key),), (value,))

    def _name(self, key: str) -> str:
        return f"{self._region}|{key}"


class BucketProcessor(StatefulProcessor):
    """Keeps the heads of a bucket's regions together and their month chunks apart, and emits what `Output`
    describes."""

    def __init__(self, generation: Generation) -> None:
        self._partitions = generation.partitions
        self._generation = generation.generation
        self._interval = generation.serial_interval

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state variables."""
        self._heads = handle.getValueState("heads", "value binary")
        self._chunks = handle.getMapState("chunks", "key string", "value binary")

    def handleInputRows(self, key: Any, rows: Iterator[Any], timerValues: Any) -> Iterator[Row]:
        """One micro-batch of one bucket."""
        arrivals: defaultdict[str, list[Arrival]] = defaultdict(list)
        for region, arrival in map(arrival_of, rows):
            arrivals[region].append(arrival)
        heads: _Heads | None = None
        for region, found in arrivals.items():
            inbox = sort(region, found, self._partitions)
            changed: list[MetricsRow] = []
            if inbox.logged:
                heads = self._stored() if heads is None else heads
                head, chunks = heads.get(region, Head()), StateChunks(self._chunks, region)
                heads[region], changed = advance(
                    region, head, chunks, inbox.logged, self._generation, interval=self._interval
                )
            for output in chain(inbox.outputs, _changed(region, changed, inbox)):
                yield Row(
                    topic=output.topic,
                    key=output.key,
                    value=output.value,
                    headers=list(output.headers),
                    partition=output.partition,
                )
        if heads is not None:
            self._heads.update((_heads_encoder.encode(heads),))

    def close(self) -> None:
        """Nothing is held open."""

    def _stored(self) -> _Heads:
        stored = self._heads.get()
        return {} if stored is None else _heads_decoder.decode(bytes(stored[0]))


def _changed(region: str, rows: list[MetricsRow], inbox: Inbox) -> Iterator[Output]:
    return metrics_messages(region, rows, inbox.traceparents, min(inbox.arrived, default=None))
