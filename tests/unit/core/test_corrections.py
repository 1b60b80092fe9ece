"""Corrections: the ones that are known of the publishers' files, and no others of their kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from covid_core.corrections import Correction, Kind, along, between
from covid_core.formats import Parsed
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.replay import rows_of
from covid_core.rows import Row
from tests.unit.core.test_formats_real import DATA, JHU, jhu, phac

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")
FINAL, EARLIER = "", "vintages/2021-01-22"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@cache
def rows(read: Callable[[str], Parsed], vintage: str, region: str) -> Sequence[Row]:
    records = [record for record in read(vintage).records if record.region == region]
    return rows_of(region, (Logged(record, offset) for offset, record in enumerate(records)))


def found(
    read: Callable[[str], Parsed], vintage: str, region: str, kind: Kind, field: str
) -> dict[dt.date, Correction]:
    mine = [row for row in rows(read, vintage, region) if row.source == read.__name__]
    return {one.date: one for one in along(mine) if (one.kind, one.field) == (kind, field)}


@needs_data
def test_ontarios_counts_that_fall_in_johns_hopkins_final_file() -> None:
    fallen = found(jhu, FINAL, "CA-ON", Kind.DECREASED, "confirmed")
    sizes = {date: one.size for date, one in fallen.items()}
    assert sizes[day("2022-04-15")] == -11_193
    assert sizes[day("2022-08-04")] == -10_552
    assert sizes[day("2022-03-18")] == -1_073


@needs_data
def test_nova_scotias_are_in_the_vintage_of_january_2021_only() -> None:
    days = {day("2021-01-10"), day("2021-01-18")}
    fallen = found(jhu, EARLIER, "CA-NS", Kind.DECREASED, "confirmed")
    assert {date: fallen[date].size for date in days} == dict.fromkeys(days, -1)
    assert not days & found(jhu, FINAL, "CA-NS", Kind.DECREASED, "confirmed").keys()


@needs_data
def test_quebecs_recovered_are_counted_in_another_way_from_2020_07_17() -> None:
    broken = found(phac, "2022-06-05", "CA-QC", Kind.LEVEL_BREAK, "recovered")
    assert broken.keys() == {day("2020-07-17")}
    one = broken[day("2020-07-17")]
    assert (one.old, one.new, one.size) == (26_253, 49_939, 23_686)


@needs_data
def test_johns_hopkins_recovered_end() -> None:
    (ended,) = found(jhu, FINAL, "CA", Kind.ENDED, "recovered").values()
    assert ended.date == day("2021-08-05")


@needs_data
@pytest.mark.parametrize("region", ["CA", "CA-ON", "CA-QC", "CA-BC", "CA-AB"])
def test_an_epidemic_that_grows_breaks_no_level(region: str) -> None:
    assert found(phac, "2022-06-05", region, Kind.LEVEL_BREAK, "confirmed") == {}


@needs_data
def test_what_johns_hopkins_restated_of_ontario() -> None:
    files = [record for name in JHU for record in jhu(name).records if record.region == "CA-ON"]
    restated = [
        one
        for one in between(Logged(record, offset) for offset, record in enumerate(files))
        if (one.kind, one.date, one.field) == (Kind.RESTATED, day("2020-04-04"), "confirmed")
    ]
    assert [(one.old, one.new) for one in restated] == [(3_630, 5_123)]


def report(date: str, at: int, confirmed: int | None = None, **said: object) -> Record:
    content = {"source": "s", "region": "CA-ON", "date": day(date), "confirmed": confirmed, **said}
    return Record(reported_at=dt.datetime(2021, 1, at, tzinfo=dt.UTC), **content)  # type: ignore[arg-type]


def kinds(*records: Record) -> list[tuple[Kind, str, int | None, int | None]]:
    logged = [Logged(record, offset) for offset, record in enumerate(records)]
    assert between(logged) == between(reversed(logged))
    return [(one.kind, one.date.isoformat(), one.old, one.new) for one in between(logged)]


def test_between_reports() -> None:
    assert kinds(
        report("2021-01-01", 2, 10),
        report("2021-01-03", 4, 30),
        report("2021-01-01", 4, 10),  # the same again
        report("2021-01-02", 5, 20),
        report("2021-01-04", 5, 40),  # a day after all others is no correction
        report("2021-01-01", 6, 12),
        report("2021-01-03", 7, deleted=True),
        report("2021-01-03", 8, withdrawn=True),
    ) == [
        (Kind.BACK_FILLED, "2021-01-02", None, 20),
        (Kind.RESTATED, "2021-01-01", 10, 12),
        (Kind.DELETED, "2021-01-03", None, None),
        (Kind.WITHDRAWN, "2021-01-03", None, None),
    ]


def test_what_people_write_is_no_change_of_the_sources_mind() -> None:
    assert kinds(
        report("2021-01-01", 2, 10),
        report("2021-01-01", 3, 5, correction=True),
        report("2021-01-01", 4, 10),
        report("2021-01-01", 5, 5, correction=True, deaths=1),
        report("2021-01-02", 5, correction=True, deleted=True),
        report("2021-01-01", 6, 11),
    ) == [
        (Kind.DELETED, "2021-01-02", None, None),
        (Kind.RESTATED, "2021-01-01", 10, 11),
    ]


def test_of_what_is_said_twice_at_one_moment_that_counts_which_the_row_has() -> None:
    assert kinds(report("2021-01-01", 2, 12), report("2021-01-01", 2, 10)) == []
    assert kinds(report("2021-01-01", 2, 10), report("2021-01-01", 2, 12)) == []
    twice = (report("2021-01-01", 3, 9), report("2021-01-01", 3, 13))
    for reports in (twice, twice[::-1]):
        assert kinds(report("2021-01-01", 2, 12), *reports) == [(Kind.RESTATED, "2021-01-01", 12, 13)]


def test_along_a_series() -> None:
    counts = [100, 120, None, 110, 130]
    series = [Row("s", "CA-ON", day(f"2021-01-0{n}"), confirmed=c) for n, c in enumerate(counts, 1)]
    (one,) = along(series)
    assert (one.kind, one.date, one.old, one.new, one.size) == (
        Kind.DECREASED, day("2021-01-04"), 120, 110, -10,
    )  # fmt: skip
    gone = [*series[:3], Row("s", "CA-ON", day("2021-01-04"), deleted=True)]
    assert along(gone) == []


def merged(counts: Sequence[tuple[int, str]]) -> list[Row]:
    return [
        Row("merged", "CA-ON", day("2021-01-01") + dt.timedelta(n), confirmed=count, confirmed_source=source)
        for n, (count, source) in enumerate(counts)
    ]


def test_where_another_source_goes_on_no_count_has_fallen() -> None:
    series = merged([(120, "phac"), (110, "phac-weekly"), (105, "phac-weekly"), (130, "phac"), (129, "phac")])
    assert [(one.kind, one.old, one.new) for one in along(series)] == [
        (Kind.DECREASED, 110, 105),
        (Kind.DECREASED, 130, 129),
    ]


def test_and_none_has_jumped() -> None:
    slow = [1_000, 1_010, 1_020, 1_030]
    fast = [2_000, 2_010, 2_020, 2_030]
    (broken,) = along(merged([(count, "phac") for count in slow + fast]))
    assert (broken.kind, broken.old, broken.new) == (Kind.LEVEL_BREAK, 1_030, 2_000)
    followed = [*((count, "phac") for count in slow), *((count, "phac-weekly") for count in fast)]
    assert along(merged(followed)) == []
