"""Reports of one region, for the tests of nowcasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import accumulate

from covid_core.logged import Logged
from covid_core.records import Record

FIRST = dt.date(2021, 1, 1)
REGION = "CA-ON"


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(number)


def end_of(number: int) -> dt.datetime:
    return dt.datetime.combine(day(number), dt.time(23, 59, 59), dt.UTC)


def report(on: int, new: Sequence[int], first: int = 0, source: str = "phac") -> list[Logged]:
    """What a source says at the end of a day: the new counts of the days from `first` on."""
    totals = accumulate(new, initial=1_000)
    return [_said(source, day(first + n), total, on, n) for n, total in enumerate(totals, start=-1)]


def _said(source: str, date: dt.date, confirmed: int, on: int, n: int) -> Logged:
    record = Record(source=source, region=REGION, date=date, confirmed=confirmed, reported_at=end_of(on))
    return Logged(record, 1_000 * on + n)


def daily(last: int, share: Callable[[int], float], final: Callable[[int], int]) -> list[Logged]:
    """A report a day, each of all days: of each a share of its final count, by its delay."""
    return [
        one
        for on in range(last + 1)
        for one in report(on, [round(final(n) * share(on - n)) for n in range(on + 1)])
    ]
