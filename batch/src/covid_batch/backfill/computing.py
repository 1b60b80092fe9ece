"""Messages of the archive to messages of `covid.metrics`: whole regions, by the stream's own code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa
from msgspec.structs import replace
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from covid_batch.backfill.archive import region_of_value
from covid_batch.backfill.scope import Scope
from covid_core import messages
from covid_core.arrivals import place
from covid_core.control import Generation
from covid_core.logged import Logged
from covid_core.records import Refused
from covid_core.replay import rows_of

READ: Final = ("topic_id", "partition", "offset", "micros", "value")
"""Columns of the archive that computing needs."""

DDL: Final = "key binary, value binary, rows int, revision bigint"
"""A message of `covid.metrics`; how many rows it carries, and their revision."""

_ARROW: Final = pa.schema(
    [("key", pa.binary()), ("value", pa.binary()), ("rows", pa.int32()), ("revision", pa.int64())]
)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def by_region(archived: DataFrame, topic_id: str) -> DataFrame:
    """The archive's messages of one log (`READ`), a region's together and in their order."""
    named = archived.where(f.col("topic_id") == topic_id).select(region_of_value().alias("region"), *READ[1:])
    return named.repartition("region").sortWithinPartitions("region", "offset")


def computed(regional: DataFrame, scope: Scope, generation: Generation) -> DataFrame:
    """Messages (`DDL`) with every wanted row of what `by_region` gives.

    A task holds one region's state and rows, however long the log is.
    """
    return regional.mapInArrow(_computer(scope, generation), DDL)


def _computer(
    scope: Scope, generation: Generation
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def compute(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for region, entries in groupby(_entries(batches), key=itemgetter(0)):
            logged = _merged(region, entries, generation.partitions)
            rows = rows_of(region, logged, generation.generation, generation.serial_interval)
            if not rows:
                continue
            revision = max(row.revision for row in rows)
            # One revision for the whole region: that of the position up to which this was computed.
            wanted = [replace(row, revision=revision) for row in rows if scope.has_day(row.date)]
            for start in range(0, len(wanted), messages.MAX_ROWS):
                part = wanted[start : start + messages.MAX_ROWS]
                (value,) = messages.encode(part)
                line = {"key": region.encode(), "value": value, "rows": len(part), "revision": revision}
                yield pa.RecordBatch.from_pylist([line], schema=_ARROW)

    return compute


def _entries(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _merged(region: str, entries: Iterable[tuple[Any, ...]], partitions: int) -> Iterator[Logged]:
    for _, partition, offset, micros, value in entries:
        received = _EPOCH + micros * _MICROSECOND
        try:
            record, at_home = place(value, received, partition, grouped=region, partitions=partitions)
        except Refused:
            continue  # the stream has put it on covid.records.dlq
        if at_home:
            yield Logged(record, offset)
