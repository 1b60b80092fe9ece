"""Where a cumulative count breaks its own rule, and where a source changed what it had said.

Two kinds of corrections. *Along* a series, within what is known now: a count that falls, one that jumps as
no epidemic does, one that ends. *Between* reports: a day's count that a later report of the same source
states otherwise, fills in afterwards, or takes back.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import reduce
from itertools import groupby, pairwise
from statistics import median
from typing import Final

import msgspec

from covid_core.logged import Logged
from covid_core.merging import join, state_of
from covid_core.records import FIELDS, Record, Status
from covid_core.rows import Row


class Kind(StrEnum):
    """What happened."""

    DECREASED = "decreased"
    """A cumulative count is less than the one before it, of the same source."""
    LEVEL_BREAK = "level-break"
    """It jumps by `BREAK_SHARE` of its level and by `BREAK_TIMES` what is usual around that day."""
    ENDED = "ended"
    """The source has stopped to count it."""
    RESTATED = "restated"
    """A later report of the source says something else of a day."""
    BACK_FILLED = "back-filled"
    """A later report has a day that an earlier one passed over."""
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `old` and `new`: persons (`tests`: tests); None where there is no number. `reported_at`
    and `offset`: of the record that brought it; None along a series."""

    kind: Kind
    source: str
    region: str
    date: dt.date
    field: str | None
    """One of `FIELDS`; None where the whole record is meant."""
    old: int | None = None
    new: int | None = None
    reported_at: dt.datetime | None = None
    offset: int | None = None

    @property
    def size(self) -> int | None:
        """`new - old`."""
        return None if self.old is None or self.new is None else self.new - self.old


BREAK_LEVEL: Final = 1_000
"""Persons: below, counts double within days by themselves."""
BREAK_SHARE: Final = 0.25
BREAK_TIMES: Final = 10
_AROUND: Final = 7
"""Days before and after that say what is usual."""


def along(rows: Iterable[Row]) -> list[Correction]:
    """The corrections along the series of rows, which may be of several sources and regions, by date.

    Absent numbers are passed over: a count is compared with the last one before it. Where that is another
    source's, as merged rows may have it, the two are different counts: neither has fallen nor jumped.
    """
    series: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.deleted:
            series[row.source, row.region].append(row)
    found = [
        correction
        for one in series.values()
        for field in FIELDS
        for correction in _along(sorted(one, key=lambda row: row.date), field)
    ]
    return sorted(found, key=_order)


def _along(rows: Sequence[Row], field: str) -> Iterator[Correction]:
    numbers = [(row, number) for row in rows if (number := getattr(row, field)) is not None]
    source = f"{field}_source"
    steps = [
        (old, row, new)
        for (before, old), (row, new) in pairwise(numbers)
        if getattr(before, source) == getattr(row, source)
    ]
    changes = [new - old for old, _, new in steps]
    for place, (change, (old, row, new)) in enumerate(zip(changes, steps, strict=True)):
        if change < 0:
            yield _at(row, Kind.DECREASED, field, old, new)
        elif _breaks(old, change, changes, place):
            yield _at(row, Kind.LEVEL_BREAK, field, old, new)
    status = f"{field}_status"
    ended = next((row for row in rows if getattr(row, status) == Status.ENDED), None)
    if ended is not None and numbers and numbers[0][0].date < ended.date:
        last = max((one for one in numbers if one[0].date < ended.date), key=lambda one: one[0].date)
        yield _at(ended, Kind.ENDED, field, last[1], None)


def _breaks(level: int, change: int, changes: Sequence[int], place: int) -> bool:
    if level < BREAK_LEVEL or change < BREAK_SHARE * level:
        return False
    around = [*changes[max(0, place - _AROUND) : place], *changes[place + 1 : place + 1 + _AROUND]]
    return bool(around) and change >= BREAK_TIMES * median(map(abs, around))


def _at(row: Row, kind: Kind, field: str, old: int | None, new: int | None) -> Correction:
    return Correction(
        kind=kind, source=row.source, region=row.region, date=row.date, field=field, old=old, new=new
    )


def between(logged: Iterable[Logged]) -> list[Correction]:
    """The corrections between the reports of each source, by `reported_at`, then date.

    `logged`: validated records in any order. A report that says the same as before is none, and neither is
    one of a day after all that the source had reported, nor the number that a person wrote: the source has
    not changed its mind. Of what is said twice at one moment that counts which counts once merged.
    """
    reports: dict[tuple[str, str], list[Logged]] = defaultdict(list)
    for one in logged:
        reports[one.record.source, one.record.region].append(one)
    found = [correction for each in reports.values() for correction in _between(each)]
    return sorted(found, key=lambda one: (one.reported_at, *_order(one)))


def _between(reports: list[Logged]) -> Iterator[Correction]:
    said: dict[tuple[dt.date, str], int | None] = {}
    newest = dt.date.min
    ordered = sorted(reports, key=lambda each: (each.reported_at, each.offset))
    for _, moment in groupby(ordered, lambda each: each.reported_at):
        before, of_day = newest, defaultdict[dt.date, list[Logged]](list)
        for one in moment:
            record = one.record
            if record.deleted or record.withdrawn:
                yield _of(one, Kind.DELETED if record.deleted else Kind.WITHDRAWN, None)
            elif not record.correction:
                of_day[record.date].append(one)
        for day, each in of_day.items():
            for field, number, one in _stated(each):
                key = day, field
                if key not in said:
                    if day <= before and number is not None:
                        yield _of(one, Kind.BACK_FILLED, field, None, number)
                elif said[key] != number:
                    filled = said[key] is None
                    yield _of(one, Kind.BACK_FILLED if filled else Kind.RESTATED, field, said[key], number)
                said[key] = number
            newest = max(newest, day)


def _stated(reports: Sequence[Logged]) -> Iterator[tuple[str, int | None, Logged]]:
    """Of reports of one day and moment: each field, its number, and the report that it is of."""
    merged = reduce(join, (state_of(one.record, one.offset) for one in reports))
    by_offset = {one.offset: one for one in reports}
    for field, cell in zip(FIELDS, merged.reports.cells, strict=True):
        if cell is not None:
            yield field, cell.number, by_offset[cell.offset]


def _of(
    one: Logged, kind: Kind, field: str | None, old: int | None = None, new: int | None = None
) -> Correction:
    record: Record = one.record
    return Correction(
        kind=kind,
        source=record.source,
        region=record.region,
        date=record.date,
        field=field,
        old=old,
        new=new,
        reported_at=record.reported_at,
        offset=one.offset,
    )


def _order(one: Correction) -> tuple[str, str, dt.date, str]:
    return one.source, one.region, one.date, one.field or ""
