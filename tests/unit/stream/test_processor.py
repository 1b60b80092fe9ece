"""What the stateful processor keeps of a region between two micro-batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import Row

from covid_core import messages
from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_core.rows import Row as MetricsRow
from covid_stream.inbox import COLUMNS
from covid_stream.processor import RegionProcessor

PARTITIONS = 4
NOW = dt.datetime(2022, 6, 6, 12, tzinfo=dt.UTC)
DAY = dt.date(2022, 6, 1)


class Value:
    """Spark's value state of one key."""

    held: Any = None

    def get(self) -> Any:
        return self.held

    def update(self, value: Any) -> None:
        self.held = value


class Values:
    """Spark's map state of one key."""

    def __init__(self) -> None:
        self.held: dict[Any, Any] = {}

    def getValue(self, key: Any) -> Any:
        return self.held.get(key)

    def updateValue(self, key: Any, value: Any) -> None:
        self.held[key] = value


class Handle:
    """One region's state."""

    def __init__(self) -> None:
        self.head, self.chunks = Value(), Values()

    def getValueState(self, name: str, schema: str) -> Value:
        return self.head

    def getMapState(self, name: str, key: str, value: str) -> Values:
        return self.chunks


def batch(handle: Handle, region: str, offset: int, *records: Record) -> list[MetricsRow]:
    """The rows of a micro-batch, by a worker that remembers nothing of the one before."""
    processor = RegionProcessor(PARTITIONS, 1)
    processor.init(handle)  # type: ignore[arg-type]
    place, millis = partition_of(region, PARTITIONS), round(NOW.timestamp() * 1000)
    rows = [
        Row(*COLUMNS)(region, bytearray(encode(record)), place, offset + i, millis, None)
        for i, record in enumerate(records)
    ]
    outputs = processor.handleInputRows((region,), iter(rows), None)
    return [row for output in outputs for row in messages.decode(output.value)]


def report(source: str, region: str, day: int, confirmed: int) -> Record:
    return Record(source=source, region=region, date=DAY + dt.timedelta(day), confirmed=confirmed)


@pytest.mark.parametrize("region", ["US-NY", "CA-ON"])
def test_a_revision_is_that_of_the_newest_record(region: str) -> None:
    handle = Handle()
    first = batch(handle, region, 10, report("me", region, 0, 5), report("me", region, 1, 7))
    assert {row.revision for row in first} == {12}
    (second,) = batch(handle, region, 40, report("me", region, 2, 9))
    assert (second.revision, second.new_confirmed, second.lineage) == (41, 2, "40")


def test_of_canada_it_remembers_which_days_its_publishers_have() -> None:
    handle = Handle()
    batch(handle, "CA-ON", 0, report("phac", "CA-ON", 0, 5), report("phac", "CA-ON", 2, 9))
    # A day within PHAC's span stays PHAC's, though it has no number there.
    within = batch(handle, "CA-ON", 2, report("jhu", "CA-ON", 1, 6))
    assert {(row.source, row.confirmed, row.confirmed_source) for row in within if row.date > DAY} == {
        ("jhu", 6, "jhu"), ("merged", None, None)
    }  # fmt: skip
    after = batch(handle, "CA-ON", 3, report("jhu", "CA-ON", 3, 11))
    assert ("merged", 11, "jhu") in {(row.source, row.confirmed, row.confirmed_source) for row in after}


def test_elsewhere_there_is_nothing_but_the_months_to_ask_for() -> None:
    handle = Handle()
    batch(handle, "US-NY", 0, report("me", "US-NY", 0, 5))
    assert handle.head.held is None
    assert list(handle.chunks.held) == [("me|2022-06",)]
