"""Where two sources count the same day differently, by how much, and why, where a rule knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from statistics import median
from typing import Final

import msgspec

from covid_core.records import FIELDS, Status
from covid_core.rows import Row

PAIR: Final = ("phac", "jhu")
"""The sources that are compared: both have a row for most days of Canada and its provinces."""


class Reason(StrEnum):
    """Why two sources differ, the first rule that applies."""

    CALENDAR = "reporting-calendar"
    """One of them does not report that day: its number is of an earlier one."""
    LATE = "late"
    """One of them says what the other said the day before."""
    RESTATED = "restated"
    """One of them has said otherwise of that day before."""
    DEFINITION = "definition"
    """They have been apart by about as much for weeks: they count different things."""


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one region. `phac` and `jhu`: the counts, persons (`tests`: tests)."""

    region: str
    date: dt.date
    field: str
    phac: int
    jhu: int
    reason: Reason | None

    @property
    def difference(self) -> int:
        """`jhu - phac`."""
        return self.jhu - self.phac

    @property
    def relative(self) -> float | None:
        """The difference as a share of PHAC's count; None where that is zero."""
        return None if self.phac == 0 else self.difference / self.phac


_WEEKS_DAYS: Final = 10
"""Days before and after within which a difference of definition stays about the same."""
_SAME: Final = 0.1
"""Share by which it may change."""

_Days = Mapping[dt.date, Row]
_DAY: Final = dt.timedelta(days=1)


def disagreements(
    rows: Iterable[Row], restated: Collection[tuple[str, dt.date, str]] = frozenset()
) -> list[Disagreement]:
    """Every day and count on which the two sources of one region differ, by date.

    `rows`: of one region; those of other sources are passed over. `restated`: (source, date, field) of what
    is known to have been said otherwise before (`covid_core.corrections.between`).
    """
    of: dict[str, dict[dt.date, Row]] = {source: {} for source in PAIR}
    for row in rows:
        if row.source in of and not row.deleted:
            of[row.source][row.date] = row
    phac, jhu = (of[source] for source in PAIR)
    found: list[Disagreement] = []
    for field in FIELDS:
        known = {date for source, date, what in restated if what == field and source in PAIR}
        found += _Pair(phac, jhu, field, known).disagreements()
    return sorted(found, key=lambda each: (each.date, each.field))


class _Pair:
    """One count of two sources. `restated`: days of which either has said otherwise before."""

    def __init__(self, phac: _Days, jhu: _Days, field: str, restated: Collection[dt.date]) -> None:
        self._phac, self._jhu = phac, jhu
        self._field = field
        self._restated = restated
        self._gaps = {
            date: other - one
            for date in sorted(phac.keys() & jhu.keys())
            if (one := getattr(phac[date], field)) is not None
            and (other := getattr(jhu[date], field)) is not None
        }

    def disagreements(self) -> Iterator[Disagreement]:
        """Of the days on which both have a number."""
        for date, gap in self._gaps.items():
            if gap:
                row = self._phac[date]
                count = getattr(row, self._field)
                yield Disagreement(
                    region=row.region,
                    date=date,
                    field=self._field,
                    phac=count,
                    jhu=count + gap,
                    reason=self._reason(date),
                )

    def _reason(self, date: dt.date) -> Reason | None:
        both = self._phac, self._jhu
        if any(getattr(days[date], f"{self._field}_status") == Status.NOT_DUE for days in both):
            return Reason.CALENDAR
        if self._behind(self._phac, self._jhu, date) or self._behind(self._jhu, self._phac, date):
            return Reason.LATE
        if date in self._restated:
            return Reason.RESTATED
        return Reason.DEFINITION if self._is_usual(date) else None

    def _behind(self, late: _Days, other: _Days, date: dt.date) -> bool:
        before = other.get(date - _DAY)
        return before is not None and getattr(late[date], self._field) == getattr(before, self._field)

    def _is_usual(self, date: dt.date) -> bool:
        near = (date + n * _DAY for n in range(-_WEEKS_DAYS, _WEEKS_DAYS + 1))
        around = [self._gaps[day] for day in near if day in self._gaps]
        usual = median(around)
        return len(around) > _WEEKS_DAYS and all(abs(gap - usual) <= _SAME * abs(usual) for gap in around)
