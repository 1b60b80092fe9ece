"""Several regions' records out of one read of their partition."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import cast

import msgspec
import pytest
from confluent_kafka import Message, TopicPartition

from covid_api.ahead import Room
from covid_api.log_reader import LogReader, Part
from covid_api.region_log import RegionLog
from covid_core import regions
from covid_core.partitioning import partition_of
from covid_core.replay import Moment
from covid_process.kept import KeptConsumer

PARTITIONS = 2
SHARED = [
    code
    for code in ("CA", *regions.PROVINCES)
    if partition_of(code, PARTITIONS) == partition_of("CA", PARTITIONS)
]
"""Regions of one partition, in the order of their turns."""
APART = next(code for code in regions.PROVINCES if code not in SHARED)
REGIONS = [*SHARED, APART]
DAYS = [f"2021-01-{day:02}" for day in range(1, 11)]
NOTHING: dict[str, list[str]] = {region: [] for region in SHARED}
LOGGED_AT = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


class Said:
    """A message, as far as it is looked at."""

    def __init__(self, offset: int, value: bytes) -> None:
        self._offset = offset
        self._value = value

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return self._value

    def timestamp(self) -> tuple[int, int]:
        return 2, int(LOGGED_AT.timestamp() * 1000) + self._offset


class Memory(LogReader):
    """A log without a broker, which lists the partitions that are read."""

    def __init__(self, *reports: tuple[str, bytes]) -> None:
        super().__init__({}, KeptConsumer)
        self.reads: list[int] = []
        self._messages: defaultdict[int, list[bytes]] = defaultdict(list)
        self.add(*reports)

    def add(self, *reports: tuple[str, bytes]) -> None:
        for region, value in reports:
            self._messages[partition_of(region, PARTITIONS)].append(value)

    def partition_of(self, topic: str, region: str, most: int) -> Part:
        number = partition_of(region, PARTITIONS)
        return Part(self, TopicPartition(topic, number, 0), 0, len(self._messages[number]), PARTITIONS)

    def between(self, start: TopicPartition, end: int) -> Iterator[Message]:
        self.reads.append(start.partition)
        for offset, value in enumerate(self._messages[start.partition][:end]):
            yield cast(Message, Said(offset, value))


def report(region: str, date: str) -> tuple[str, bytes]:
    record = {"source": "phac", "region": region, "date": date, "confirmed": 1}
    return region, msgspec.json.encode(record)


@pytest.fixture
def log() -> Memory:
    """Each region has each day once, the regions in turn; some messages are no records."""
    some = [report(region, date) for date in DAYS for region in REGIONS]
    return Memory(*some, ("CA", b'{"region": "CA"'), ("CA", b'{"region": "CA-ON", "source": "\xff"}'))


def read(log: Memory, room: Room, wanted: list[str], moment: Moment | None = None) -> dict[str, list[str]]:
    """The days of each region."""
    reading = RegionLog(log, room).reading(wanted, moment or Moment())
    return {region: [one.record.date.isoformat() for one in reading.records(region)] for region in wanted}


def test_a_partition_is_read_once_for_all_its_regions_that_are_asked_for(log: Memory) -> None:
    assert len(SHARED) == 7
    room = Room()
    whole = room.free
    assert read(log, room, REGIONS) == dict.fromkeys(REGIONS, DAYS)
    assert log.reads == [partition_of("CA", PARTITIONS), partition_of(APART, PARTITIONS)]
    assert room.free == whole


@pytest.mark.parametrize(("free", "reads"), [(0, 7), (400, 7), (4_000, 4), (8_000, 3)])
def test_with_less_room_it_is_read_again_and_says_the_same(log: Memory, free: int, reads: int) -> None:
    """A region's ten messages take 3,200 bytes: there is room for those of none, one or two to come."""
    room = Room(free)
    assert read(log, room, REGIONS) == dict.fromkeys(REGIONS, DAYS)
    assert log.reads == reads * [partition_of("CA", PARTITIONS)] + [partition_of(APART, PARTITIONS)]
    assert room.free == free


def test_what_is_kept_for_a_request_that_is_given_up_is_free_again(log: Memory) -> None:
    room = Room()
    whole = room.free
    reading = RegionLog(log, room).reading(REGIONS, Moment())
    records = reading.records("CA")
    next(records)
    assert sum(1 for _ in records) == len(DAYS) - 1
    assert room.free < whole
    del reading, records
    assert room.free == whole


def test_a_name_in_escapes_is_read_as_one_in_letters() -> None:
    plain = report(SHARED[-1], DAYS[0])
    escaped = plain[0], plain[1].replace(b"-", b"\\u002d")
    log = Memory(escaped, plain, report(APART, DAYS[0]))
    assert read(log, Room(), SHARED) == {**NOTHING, plain[0]: [DAYS[0], DAYS[0]]}


@pytest.mark.parametrize("name", [b'"region"', b'"\\u0072egion"'])
def test_a_record_that_names_its_region_twice_is_not_one(name: bytes) -> None:
    """As for the stream, which finds it under the region that stands first."""
    region, value = report(SHARED[-1], DAYS[0])
    other, same = (b"{" + name + f':"{first}",'.encode() + value[1:] for first in (SHARED[0], region))
    for wanted in ([region], SHARED):
        assert read(Memory((region, other)), Room(), wanted) == {each: [] for each in wanted}
        assert read(Memory((region, same)), Room(), wanted)[region] == [DAYS[0]]


def test_a_record_in_another_regions_partition_is_not_one() -> None:
    _, value = report(APART, DAYS[0])
    assert read(Memory((SHARED[0], value)), Room(), [*SHARED, APART]) == {**NOTHING, APART: []}


def test_the_moment_holds_for_what_was_kept_too(log: Memory) -> None:
    first = Moment(known_at=LOGGED_AT)
    found = read(log, Room(), SHARED, first)
    assert found == {**NOTHING, SHARED[0]: DAYS[:1]}
