"""The new counts of a series as its source reported them, by how long after the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from covid_core.logged import Logged
from covid_core.merging import effective, join, state_of
from covid_core.records import FIELDS

HORIZON: Final = 28
"""Days after which a day's count is taken to have settled."""

LATEST: Final = 14
"""Days up to the newest that has a count: those that are nowcast."""

_DAY: Final = dt.timedelta(days=1)


class Said(NamedTuple):
    """A new count of a day, persons (tests: tests), by a report of so many days later; None: it had none."""

    delay: int
    new: int | None


class Day(NamedTuple):
    """What was reported of a day within `HORIZON` days of it, oldest report first, and the count that stands,
    where a report after those days speaks of it."""

    early: tuple[Said, ...]
    settled: int | None


class Seen(msgspec.Struct, frozen=True):
    """What was reported of one source, region and field by `reports` reports.

    `newest`: the newest day that has a count. `days`: those of which a report spoke early, and the `LATEST`.
    """

    reports: int
    newest: dt.date | None
    days: Mapping[dt.date, Day]

    def latest(self) -> list[dt.date]:
        """The days to nowcast, ascending."""
        if self.newest is None:
            return []
        return [self.newest - back * _DAY for back in reversed(range(LATEST))]


def reports(logged: Iterable[Logged], source: str) -> list[dt.datetime]:
    """When a source reported anything, ascending; see `seen`."""
    return sorted({one.reported_at for one in logged if _is_report(one, source)})


def seen(
    logged: Iterable[Logged], source: str, field: str, moments: Collection[dt.datetime]
) -> dict[dt.datetime, Seen]:
    """The new counts of one region as they were seen once a source had reported at these moments, which are
    some of its `reports`.

    `logged`: the region's validated records, in any order. All that a source says at one `reported_at` is one
    report. It speaks of the days from its first to its last, those that it passes over included: their count
    stands as it was; and of the day after, where that has a count. A day's new count is its cumulative count
    minus that of the day before, as both stand once the report is known. What people write, correct or delete
    is no report.
    """
    mine = sorted(
        (one for one in logged if _is_report(one, source)), key=lambda one: (one.reported_at, one.offset)
    )
    series, found = _Series(field), {}
    for at, report in groupby(mine, lambda one: one.reported_at):
        series.take(at.date(), list(report))
        if at in moments:
            found[at] = series.seen()
    return found


class _Series:
    """While reports come, oldest first: what one says of a day stands over all before, as once merged. Only
    what is said twice at one moment has to be merged."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._counts: dict[dt.date, int] = {}
        self._early: dict[dt.date, list[Said]] = {}
        self._spoken: dict[dt.date, dt.date] = {}
        """When the newest report spoke of a day."""
        self._reports = 0

    def take(self, on: dt.date, report: list[Logged]) -> None:
        of_day: dict[dt.date, list[Logged]] = {}
        for one in report:
            of_day.setdefault(one.record.date, []).append(one)
        for day, said in of_day.items():
            record = said[0].record
            if len(said) > 1 or record.deleted:
                self._merge(day, said)
            elif (number := getattr(record, self._field)) is not None:
                self._counts[day] = number
            elif self._field in record.status:
                self._counts.pop(day, None)
        self._reports += 1
        day, last = min(of_day), max(of_day)
        if last + _DAY in self._counts:
            last += _DAY
        while day <= last:
            self._spoken[day] = on
            delay = (on - day).days
            if 0 <= delay < HORIZON:
                self._early.setdefault(day, []).append(Said(delay, self._new(day)))
            day += _DAY

    def _merge(self, day: dt.date, said: list[Logged]) -> None:
        cells = effective(reduce(join, (state_of(one.record, one.offset) for one in said)))
        cell = cells[FIELDS.index(self._field)]
        if any(one.record.deleted for one in said) or (cell is not None and cell.number is None):
            self._counts.pop(day, None)
        if cell is not None and cell.number is not None:
            self._counts[day] = cell.number

    def seen(self) -> Seen:
        newest = max(self._counts, default=None)
        days = dict.fromkeys(self._early)
        days |= dict.fromkeys(Seen(0, newest, {}).latest())
        return Seen(self._reports, newest, {day: self._of(day) for day in sorted(days)})

    def _of(self, day: dt.date) -> Day:
        early = tuple(self._early.get(day, ()))
        return Day(early, self._new(day) if self._is_settled(day) else None)

    def _new(self, day: dt.date) -> int | None:
        count, before = self._counts.get(day), self._counts.get(day - _DAY)
        return None if count is None or before is None else count - before

    def _is_settled(self, day: dt.date) -> bool:
        """Whether a report spoke of it after `HORIZON` days."""
        return day in self._spoken and (self._spoken[day] - day).days >= HORIZON


def _is_report(one: Logged, source: str) -> bool:
    record = one.record
    return record.source == source and not record.correction and not record.withdrawn
