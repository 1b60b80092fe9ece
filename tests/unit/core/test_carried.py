"""Rows that are only carried on from an earlier report."""

from __future__ import annotations

import datetime as dt
from itertools import chain

from covid_core.carried import carried, is_carried
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.replay import rows_of

REGION = "CA-ON"
FIRST = dt.date(2021, 1, 1)


def report(source: str, day_of_report: int, days: list[int], **more: bool) -> list[Record]:
    """One report: its days are counted from the first of January 2021."""
    at = dt.datetime(2021, 2, day_of_report, tzinfo=dt.UTC)
    return [
        Record(source=source, region=REGION, date=FIRST + dt.timedelta(day), confirmed=10 * day,
               reported_at=at, **more)
        for day in days
    ]  # fmt: skip


def found(*reports: list[Record]) -> set[tuple[str, int]]:
    logged = [Logged(record, offset) for offset, record in enumerate(chain(*reports))]
    assert carried(reversed(logged)) == carried(logged)
    return {(source, (date - FIRST).days) for source, date in carried(logged)}


def test_a_day_that_a_later_report_passes_over_is_carried() -> None:
    assert found(report("jhu", 1, [0, 1, 2, 3]), report("jhu", 2, [0, 2, 4])) == {("jhu", 1), ("jhu", 3)}


def test_a_day_that_comes_back_is_not() -> None:
    whole, without = [0, 1, 2], [0, 2]
    assert found(report("jhu", 1, whole), report("jhu", 2, without), report("jhu", 3, whole)) == set()


def test_reports_of_other_days_or_sources_pass_nothing_over() -> None:
    assert found(report("jhu", 1, [0, 1, 2]), report("jhu", 2, [5, 6]), report("phac", 3, [0, 2])) == set()
    assert found(report("jhu", 1, [0, 1, 2]), report("jhu", 2, [1])) == set()


def test_what_a_person_corrects_is_no_report() -> None:
    corrections = report("jhu", 2, [0, 2], correction=True)
    assert found(report("jhu", 1, [0, 1, 2]), corrections) == set()


def test_a_merged_row_is_carried_with_the_row_that_it_takes_its_counts_from() -> None:
    records = [*report("jhu", 1, [0, 1, 2]), *report("jhu", 2, [0, 2]), *report("phac", 3, [1])]
    logged = [Logged(record, offset) for offset, record in enumerate(records)]
    days = carried(logged)
    rows = {(row.source, (row.date - FIRST).days): is_carried(row, days) for row in rows_of(REGION, logged)}
    assert rows == {
        ("jhu", 0): False, ("jhu", 1): True, ("jhu", 2): False, ("phac", 1): False,
        ("merged", 0): False, ("merged", 1): False, ("merged", 2): False,
    }  # fmt: skip
    days = carried(logged[:-1])
    merged = {row.date: row for row in rows_of(REGION, logged[:-1]) if row.source == "merged"}
    assert is_carried(merged[FIRST + dt.timedelta(1)], days)
