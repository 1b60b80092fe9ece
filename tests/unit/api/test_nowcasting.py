"""Nowcasts are kept until the region's partition has grown."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec
import pytest

from covid_api.ahead import Room
from covid_api.items import Values
from covid_api.nowcasting import COLUMNS, Nowcasts
from covid_api.region_log import RegionLog
from covid_api.turn import Turn
from covid_core.partitioning import partition_of
from covid_core.records import Record
from covid_core.replay import Moment
from tests.unit.api.test_region_log import PARTITIONS, Memory
from tests.unit.core.nowcast.reports import REGION, report

NOW = Moment()
PARTITION = partition_of(REGION, PARTITIONS)
A_YEAR = dt.timedelta(365)
"""Before the time at which the log of these tests took its records."""


def said(on: int, restated: int = 0) -> list[tuple[str, bytes]]:
    """A report of so many days: each has 100, the first of them have been restated to 103."""
    reported = report(on, [103] * restated + [100] * (on + 1 - restated))
    return [(REGION, msgspec.json.encode(_earlier(one.record))) for one in reported]


def _earlier(record: Record) -> Record:
    assert record.reported_at is not None
    return msgspec.structs.replace(record, date=record.date - A_YEAR, reported_at=record.reported_at - A_YEAR)


LINES = [*said(60), *said(100, restated=61)]


def ask(nowcasts: Nowcasts, *fields: str, source: str = "phac", moment: Moment = NOW) -> list[Values]:
    async def all_of() -> list[Values]:
        pages = nowcasts.pages([REGION], source, fields or ("confirmed",), moment)
        return [line async for page in pages for line in page]

    return asyncio.run(all_of())


def over(log: Memory, kept: int = 100) -> Nowcasts:
    return Nowcasts(RegionLog(log, Room()), Turn(), kept)


def test_a_line_has_a_value_for_each_column() -> None:
    names = [one.name for one in COLUMNS]
    found = [dict(zip(names, line, strict=True)) for line in ask(over(Memory(*LINES)))]
    assert len(found) == 14
    newest = found[-1]
    assert (newest["source"], newest["region"], newest["date"]) == ("phac", REGION, "2020-04-11")
    assert (newest["reported"], newest["expected"], newest["delay"], newest["reason"]) == (100, 103, 0, None)
    assert (newest["reports"], newest["learnt_from"]) == (2, 28)


def test_the_same_question_reads_the_log_once_until_it_grows() -> None:
    log = Memory(*LINES)
    nowcasts = over(log)
    first = ask(nowcasts)
    assert ask(nowcasts) == first
    assert log.reads == [PARTITION]
    log.add(*said(103, restated=61))
    again = ask(nowcasts)
    assert log.reads == [PARTITION] * 2
    assert again[-1][2] == "2020-04-14"


@pytest.mark.parametrize(
    "other",
    [
        {"source": "jhu"},
        {"moment": Moment(as_of=dt.datetime(2020, 3, 31, tzinfo=dt.UTC))},
    ],
)
def test_another_question_is_another(other: dict[str, object]) -> None:
    log = Memory(*LINES)
    nowcasts = over(log)
    now = ask(nowcasts)
    assert ask(nowcasts, **other) != now  # type: ignore[arg-type]
    assert len(ask(nowcasts, "confirmed", "deaths")) == 14
    assert len(log.reads) == 3
    assert ask(nowcasts) == now
    assert len(log.reads) == 3


def test_what_was_asked_longest_ago_is_forgotten() -> None:
    log = Memory(*LINES)
    nowcasts = over(log, kept=1)
    ask(nowcasts, "confirmed", "deaths")
    ask(nowcasts, "deaths")
    assert len(log.reads) == 1
    ask(nowcasts, "confirmed")
    assert len(log.reads) == 2
