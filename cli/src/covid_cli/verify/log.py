"""Reads `covid.records` into Arrow: the valid records that stand in their region's partition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
from confluent_kafka import Message

from covid_cli.verify.oracle import LOG_SCHEMA, Entry, log_batch
from covid_core import arrivals, topics
from covid_core.records import Refused
from covid_process.topic import messages, place

_CHUNK: Final = 20_000


class LogTable:
    """The log read so far."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        """`connection`: librdkafka's connection properties."""
        self._connection = connection
        self._batches: list[pa.RecordBatch] = []
        self.end: Mapping[int, int] = {}
        """Offsets up to which it was read, by partition."""
        self.records = 0
        self.refused = 0
        """Messages that are not a valid record."""
        self.misplaced = 0
        """Valid records outside their region's partition, which the stream publishes again."""

    def read_to(self, end: Mapping[int, int], tell: Callable[[str], None]) -> pa.Table:
        """Read on up to these end offsets (of all partitions); the whole log as a table of `LOG_SCHEMA`."""
        entries: list[Entry] = []
        for message in messages(self._connection, topics.RECORDS, self.end, end):
            entry = self._entry(message, len(end))
            if entry is not None:
                entries.append(entry)
            if len(entries) >= _CHUNK:
                self._keep(entries)
                tell(f"reading the log: {self.records:,} records")
                entries = []
        self._keep(entries)
        self.end = dict(end)
        return pa.Table.from_batches(self._batches, schema=LOG_SCHEMA)

    def _keep(self, entries: list[Entry]) -> None:
        if entries:
            self._batches.append(log_batch(entries))
            self.records += len(entries)

    def _entry(self, message: Message, partitions: int) -> Entry | None:
        partition, offset = place(message)
        milliseconds = message.timestamp()[1]
        at = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
        try:
            record, at_home = arrivals.place(message.value(), at, partition, partitions=partitions)
        except Refused:
            self.refused += 1
            return None
        if not at_home:
            self.misplaced += 1
            return None
        return Entry(partition, offset, milliseconds, record)
