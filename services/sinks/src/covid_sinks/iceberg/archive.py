"""The table `records`: every message of `covid.records` once, byte for byte. It can rebuild a lost log."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import (
    BinaryType,
    DateType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
)

from covid_core import records
from covid_core.lake import RECORDS, Positions, properties, stored
from covid_sinks.contract import Archive, Message, Transient
from covid_sinks.handlers import next_offsets
from covid_sinks.iceberg.commit import replace_files
from covid_sinks.iceberg.expire import Expiry
from covid_sinks.iceberg.files import write_rows
from covid_sinks.iceberg.lake import CONFLICTS, Lake, moved, passing_errors

logger = logging.getLogger(__name__)

TRIES: Final = 5

_HEADER: Final = StructType(
    NestedField(12, "name", StringType(), required=False),
    NestedField(13, "value", BinaryType(), required=False),
)
SCHEMA: Final = Schema(
    NestedField(1, "topic_id", StringType(), required=False, doc="Kafka's id of the topic"),
    NestedField(2, "partition", IntegerType(), required=False, doc="partition of the topic"),
    NestedField(3, "offset", LongType(), required=False, doc="offset in the partition"),
    NestedField(4, "timestamp", TimestamptzType(), required=False, doc="when the log received it"),
    NestedField(5, "key", BinaryType(), required=False, doc="key of the message, as it came"),
    NestedField(6, "value", BinaryType(), required=False, doc="value of the message, as it came"),
    NestedField(
        7, "headers", ListType(11, _HEADER, element_required=False), required=False, doc="in their order"
    ),
    NestedField(8, "source", StringType(), required=False, doc="source, where it is a valid record"),
    NestedField(9, "region", StringType(), required=False, doc="region, where it is a valid record"),
    NestedField(10, "date", DateType(), required=False, doc="date, where it is a valid record"),
)

_ARROW: Final = pa.schema(
    [
        ("topic_id", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("headers", pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())]))),
        ("source", pa.string()),
        ("region", pa.string()),
        ("date", pa.date32()),
    ]
)


class IcebergArchive(Archive):
    """Keeps the table `records` of a lake. `topic_id` asks the broker for the id of the log's topic."""

    def __init__(self, lake: Lake, topic_id: Callable[[], str], table: str = RECORDS) -> None:
        self._lake = lake
        self._topic_id = topic_id
        self._name = table
        self._table: Table | None = None
        self._id = ""
        self._expiry = Expiry()

    def open(self) -> None:
        self._expiry = Expiry()
        self._id = self._topic_id()
        self._table = self._lake.table(self._name, SCHEMA, UNPARTITIONED_PARTITION_SPEC)

    def append(self, messages: Sequence[Message]) -> int:
        for _ in range(TRIES):
            with passing_errors():
                try:
                    return self._append(messages)
                except CONFLICTS as error:
                    logger.info("%s: another commit came first (%s)", self._name, error)
                    self._opened().refresh()
                except FileNotFoundError:
                    if not moved(self._opened()):
                        raise
        raise Transient(f"{self._name}: {TRIES} commits in a row met another one")

    def close(self) -> None:
        self._expiry.close()
        self._lake.close()
        self._table = None

    def _append(self, messages: Sequence[Message]) -> int:
        table = self._opened()
        before = stored(table)
        fresh = [m for m in messages if not (before and before.covers(self._id, m.partition, m.offset))]
        if fresh:
            summary = properties(before, Positions(self._id, next_offsets(fresh)))
            files = write_rows(table, _arrow(self._id, fresh))
            replaced = table.current_snapshot()
            unused = replace_files(table, (), files, summary, self._expiry.due(table))
            self._expiry.after_commit(table, replaced, unused)
        return len(fresh)

    def _opened(self) -> Table:
        if self._table is None:
            raise RuntimeError("the archive is not open")
        return self._table


def _arrow(topic_id: str, messages: Sequence[Message]) -> pa.Table:
    ordered = sorted(messages, key=lambda m: (m.partition, m.offset))
    times = [dt.datetime.fromtimestamp(m.timestamp / 1000, dt.UTC) for m in ordered]
    parsed = [_parsed(m, time) for m, time in zip(ordered, times, strict=True)]
    columns = [
        [topic_id] * len(ordered),
        [m.partition for m in ordered],
        [m.offset for m in ordered],
        times,
        [m.key for m in ordered],
        [m.value for m in ordered],
        [[{"name": name, "value": value} for name, value in m.headers] for m in ordered],
        [record and record.source for record in parsed],
        [record and record.region for record in parsed],
        [record and record.date for record in parsed],
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, _ARROW, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_ARROW)


def _parsed(message: Message, received: dt.datetime) -> records.Record | None:
    try:
        return records.decode(message.value, received)
    except records.Refused:
        return None
