"""Rows that a source no longer repeats: an earlier report had the day, a later one passes it over."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from covid_core.logged import Logged
from covid_core.records import FIELDS
from covid_core.rows import Row

Day = tuple[str, dt.date]
"""A source and a day."""


class _Report(NamedTuple):
    at: dt.datetime
    first: dt.date
    last: dt.date


def carried(logged: Iterable[Logged]) -> set[Day]:
    """The days of a region that are only carried on from an earlier report.

    `logged`: the region's validated records, in any order. All that a source says at one `reported_at` is one
    report, which speaks of the days from its first to its last. Corrections by people are none.
    """
    newest: dict[Day, dt.datetime] = {}
    days: dict[tuple[str, dt.datetime], list[dt.date]] = defaultdict(list)
    for one in logged:
        if one.record.correction or one.record.withdrawn:
            continue
        key = one.record.source, one.record.date
        newest[key] = max(newest.get(key, one.reported_at), one.reported_at)
        days[one.record.source, one.reported_at].append(one.record.date)
    reports: dict[str, list[_Report]] = defaultdict(list)
    for (source, at), dates in sorted(days.items(), reverse=True):
        if (first := min(dates)) < (last := max(dates)):
            reports[source].append(_Report(at, first, last))
    return {key for key, at in newest.items() if _passed_over(key[1], at, reports[key[0]])}


def _passed_over(day: dt.date, at: dt.datetime, newest_first: Iterable[_Report]) -> bool:
    for report in newest_first:
        if report.at <= at:
            return False
        if report.first <= day <= report.last:
            return True
    return False


def is_carried(row: Row, days: set[Day]) -> bool:
    """Whether any of the row's counts is of a report that its source passed over since."""
    return any((getattr(row, f"{field}_source"), row.date) in days for field in FIELDS)
