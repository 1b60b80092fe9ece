"""When a generation is drained."""

from __future__ import annotations

import datetime as dt

from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_stream.draining import Draining
from covid_stream.generation import LogUnavailable
from covid_stream.inbox import Arrival, sort

REGIONS = ("CA-ON", "CA-QC", "CA-BC", "CA-AB")
PARTITIONS = 4
NOW = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


class Log:
    """Records of regions, all in partition 0 as they were while it was the only one; and a stream that reads
    the log a batch at a time, as one that has four."""

    def __init__(self) -> None:
        self.partitions: list[list[str]] = [list(REGIONS), *([] for _ in range(PARTITIONS - 1))]
        self.done = dict.fromkeys(range(PARTITIONS), 0)
        self.merged: set[str] = set()

    def ends(self) -> dict[int, int]:
        return {partition: len(regions) for partition, regions in enumerate(self.partitions)}

    def passed(self, target: dict[int, int]) -> bool:
        return all(self.done[partition] >= offset for partition, offset in target.items())

    def batch(self) -> None:
        end = self.ends()
        for partition, regions in enumerate(self.partitions):
            for offset in range(self.done[partition], end[partition]):
                region = regions[offset]
                value = encode(Record(source="phac", region=region, date=NOW.date(), confirmed=1))
                inbox = sort(region, [Arrival(value, partition, offset, NOW, [])], PARTITIONS)
                self.merged.update(one.record.region for one in inbox.logged)
                for copy in inbox.outputs:
                    assert copy.partition is not None
                    self.partitions[copy.partition].append(region)
        self.done = end


def test_it_is_announced_when_the_copies_of_misplaced_records_are_merged_too() -> None:
    assert any(partition_of(region, PARTITIONS) for region in REGIONS)
    log, merged = Log(), []
    draining = Draining(log.passed, ends=log.ends, announce=lambda: merged.append(set(log.merged)))
    for _ in range(6):
        draining.go_on()
        draining.go_on()
        log.batch()
    assert merged == [set(REGIONS)]


def test_what_arrives_later_is_not_waited_for() -> None:
    ends, done = {0: 5}, {0: 5}
    announced: list[int] = []
    draining = Draining(
        lambda target: done[0] >= target[0],
        ends=lambda: dict(ends),
        announce=lambda: announced.append(done[0]),
    )
    for _ in range(5):
        draining.go_on()
        ends[0] += 10
        done[0] += 5
    assert announced == [10]


def test_a_broker_that_is_away_is_asked_again() -> None:
    asked: list[str] = []

    def ends() -> dict[int, int]:
        asked.append("ends")
        if asked.count("ends") == 2:
            raise LogUnavailable("covid.records does not say where it ends")
        return {}

    def announce() -> None:
        asked.append("announce")
        if asked.count("announce") < 3:
            raise LogUnavailable("covid.metrics does not say where it ends")

    draining = Draining(lambda target: True, ends=ends, announce=announce)
    for _ in range(8):
        draining.go_on()
    assert asked == ["ends"] * 3 + ["announce"] * 3
