"""What the stateful processor keeps of a region between two micro-batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import Row

from covid_core import messages
from covid_core.control import Generation
from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_core.rows import Row as MetricsRow
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval
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
        self.asked: list[Any] = []

    def getValue(self, key: Any) -> Any:
        self.asked.append(key)
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


def batch(
    handle: Handle, region: str, offset: int, *records: Record, interval: SerialInterval = DEFAULT_INTERVAL
) -> list[MetricsRow]:
    """The rows of a micro-batch, by a worker that remembers nothing of the one before."""
    processor = RegionProcessor(
        Generation(generation=1, definition=2, partitions=PARTITIONS, topic_id="t", serial_interval=interval)
    )
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


def test_a_correction_reaches_later_days_and_a_new_day_asks_for_none() -> None:
    handle = Handle()
    batch(handle, "US-NY", 0, *(report("me", "US-NY", day, 300 + 5 * day) for day in range(-40, 0)))
    handle.chunks.asked.clear()
    (new,) = batch(handle, "US-NY", 40, report("me", "US-NY", 0, 300))
    assert new.date == DAY
    assert max(handle.chunks.asked) == ("me|2022-06",)
    rows = batch(handle, "US-NY", 41, report("me", "US-NY", -37, 116))
    assert {row.date for row in rows} == {DAY + dt.timedelta(day) for day in range(-37, 1)}


def test_the_serial_interval_is_that_of_the_generation() -> None:
    handle, other = Handle(), Handle()
    counts = [report("me", "US-NY", day - 60, 10 * day + day * day) for day in range(60)]
    (usual,) = batch(handle, "US-NY", 0, *counts)[-1:]
    (short,) = batch(other, "US-NY", 0, *counts, interval=SerialInterval(3, 2))[-1:]
    assert usual.rt is not None
    assert short.rt is not None
    assert 1 < short.rt < usual.rt
