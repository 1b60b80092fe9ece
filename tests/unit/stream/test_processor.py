"""What the stateful processor keeps of its regions between two micro-batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import Row

from covid_core import messages, topics
from covid_core.control import Generation
from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_core.region_state import STATE_FORMAT
from covid_core.rows import Row as MetricsRow
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval
from covid_stream.inbox import COLUMNS
from covid_stream.processor import BUCKETS, BucketProcessor

PARTITIONS = 4
BUCKET = 7
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
    """One bucket's state."""

    def __init__(self) -> None:
        self.heads, self.chunks = Value(), Values()

    def getValueState(self, name: str, schema: str) -> Value:
        return self.heads

    def getMapState(self, name: str, key: str, value: str) -> Values:
        return self.chunks


def batch(
    handle: Handle, offset: int, *records: Record, interval: SerialInterval = DEFAULT_INTERVAL
) -> list[MetricsRow]:
    """The rows of a micro-batch, by a worker that remembers nothing of the one before."""
    processor = BucketProcessor(
        Generation(generation=1, definition=2, partitions=PARTITIONS, topic_id="t", serial_interval=interval)
    )
    processor.init(handle)  # type: ignore[arg-type]
    rows = [row(record.region, encode(record), offset + i) for i, record in enumerate(records)]
    return [one for output in outputs(processor, rows) for one in messages.decode(output.value)]


def row(region: str, value: bytes, offset: int) -> Row:
    place, millis = partition_of(region, PARTITIONS), round(NOW.timestamp() * 1000)
    return Row(*COLUMNS)(BUCKET, region, bytearray(value), place, offset, millis, None)


def outputs(processor: BucketProcessor, rows: list[Row]) -> list[Row]:
    return list(processor.handleInputRows((BUCKET,), iter(rows), None))


def report(source: str, region: str, day: int, confirmed: int) -> Record:
    return Record(source=source, region=region, date=DAY + dt.timedelta(day), confirmed=confirmed)


@pytest.mark.parametrize("region", ["US-NY", "CA-ON"])
def test_a_revision_is_that_of_the_newest_record(region: str) -> None:
    handle = Handle()
    first = batch(handle, 10, report("me", region, 0, 5), report("me", region, 1, 7))
    assert {row.revision for row in first} == {12}
    (second,) = batch(handle, 40, report("me", region, 2, 9))
    assert (second.revision, second.new_confirmed, second.lineage) == (41, 2, "40")


def test_of_canada_it_remembers_which_days_its_publishers_have() -> None:
    handle = Handle()
    batch(handle, 0, report("phac", "CA-ON", 0, 5), report("phac", "CA-ON", 2, 9))
    # A day within PHAC's span stays PHAC's, though it has no number there.
    within = batch(handle, 2, report("jhu", "CA-ON", 1, 6))
    assert {(row.source, row.confirmed, row.confirmed_source) for row in within if row.date > DAY} == {
        ("jhu", 6, "jhu"), ("merged", None, None)
    }  # fmt: skip
    after = batch(handle, 3, report("jhu", "CA-ON", 3, 11))
    assert ("merged", 11, "jhu") in {(row.source, row.confirmed, row.confirmed_source) for row in after}


def test_a_correction_reaches_later_days_and_a_new_day_asks_for_none() -> None:
    handle = Handle()
    batch(handle, 0, *(report("me", "US-NY", day, 300 + 5 * day) for day in range(-40, 0)))
    handle.chunks.asked.clear()
    (new,) = batch(handle, 40, report("me", "US-NY", 0, 300))
    assert new.date == DAY
    # Neither of June, which nobody has reported before, nor of what was before April's first report.
    assert set(handle.chunks.asked) == {("US-NY|me|2022-04",), ("US-NY|me|2022-05",)}
    rows = batch(handle, 41, report("me", "US-NY", -37, 116))
    assert {row.date for row in rows} == {DAY + dt.timedelta(day) for day in range(-37, 1)}


def test_the_serial_interval_is_that_of_the_generation() -> None:
    handle, other = Handle(), Handle()
    counts = [report("me", "US-NY", day - 60, 10 * day + day * day) for day in range(60)]
    (usual,) = batch(handle, 0, *counts)[-1:]
    (short,) = batch(other, 0, *counts, interval=SerialInterval(3, 2))[-1:]
    assert usual.rt is not None
    assert short.rt is not None
    assert 1 < short.rt < usual.rt


def test_regions_of_one_bucket_keep_apart_what_they_have() -> None:
    handle = Handle()
    batch(handle, 0, report("me", "US-NY", 0, 5), report("me", "US-NJ", 0, 100))
    assert {(one.region, one.new_confirmed) for one in batch(handle, 2, report("me", "US-NJ", 1, 107))} == {
        ("US-NJ", 7)
    }
    after = batch(handle, 3, report("me", "US-NY", 1, 6), report("me", "US-NJ", 2, 109))
    assert {(one.region, one.new_confirmed, one.revision) for one in after} == {
        ("US-NY", 1, 4), ("US-NJ", 2, 5)
    }  # fmt: skip
    assert {key for (key,) in handle.chunks.held} == {"US-NY|me|2022-06", "US-NJ|me|2022-06"}


def test_what_is_refused_leaves_nothing_behind() -> None:
    handle = Handle()
    batch(handle, 0, report("me", "US-NY", 0, 5))
    before = handle.heads.held, dict(handle.chunks.held)
    processor = BucketProcessor(Generation(generation=1, definition=2, partitions=PARTITIONS, topic_id="t"))
    processor.init(handle)  # type: ignore[arg-type]
    found = outputs(processor, [row("", b"{", 1), row("Atlantis", b'{"region":"Atlantis"}', 2)])
    assert [one.topic for one in found] == [topics.RECORDS_DLQ] * 2
    assert (handle.heads.held, handle.chunks.held) == before


def test_a_bucket_is_packed_as_the_format_of_the_state_says() -> None:
    # Where this fails, raise the format (see `tests/unit/core/test_state_format.py`), and put new bytes here.
    handle = Handle()
    batch(handle, 7, report("me", "US-NY", 0, 5))
    (heads,) = handle.heads.held
    kept = "81a555532d4e5993089294c0c0c0c094c0c0c0c081a26d6592ce000b4403ce000b4403"
    assert (STATE_FORMAT, BUCKETS, heads.hex()) == (2, 64, kept)
    assert list(handle.chunks.held) == [("US-NY|me|2022-06",)]
