"""Times in which something was so, out of the days of a series."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

SILENT_DAYS: Final = 14
"""After so many days without a number nothing can be said any more: what was so is over."""

_DAY: Final = dt.timedelta(days=1)


class Point(msgspec.Struct, frozen=True):
    """A day of a series that has a number, and whether what is looked for is so on it."""

    day: dt.date
    number: float
    holds: bool


class Episode(msgspec.Struct, frozen=True):
    """A time in which it was so: from `since`, for long enough at `onset`, last on `day`, no longer from
    `until` (None: still). `number`: that of `day`; `peak`: the worst."""

    since: dt.date
    onset: dt.date
    until: dt.date | None
    day: dt.date
    number: float
    peak: float


def episodes(points: Iterable[Point], days: int, horizon: dt.date, *, upwards: bool = True) -> list[Episode]:
    """The episodes of a series by date: it is so on `days` of its days in a row.

    `horizon`: the newest day of event time. `upwards`: greater numbers are the worse ones.
    """
    found: list[Episode] = []
    run: list[Point] = []

    def close(until: dt.date | None) -> None:
        if len(run) >= days:
            numbers = [point.number for point in run]
            peak = max(numbers) if upwards else min(numbers)
            last = run[-1]
            found.append(Episode(run[0].day, run[days - 1].day, until, last.day, last.number, peak))
        run.clear()

    for point in points:
        if run and _silent(run[-1].day, point.day):
            close(_silence(run[-1].day))
        if point.holds:
            run.append(point)
        else:
            close(point.day)
    if run:
        close(_silence(run[-1].day) if _silent(run[-1].day, horizon) else None)
    return found


def gaps(arrivals: Sequence[dt.date], days: int, horizon: dt.date) -> Iterator[Episode]:
    """The times in which nothing came on more than `days` days in a row; `arrivals` by date.

    `number` is how many days were without an arrival: those between two, or up to the horizon, which is one
    of them. So an arrival ends what stood on the day before, and begins nothing. Before the first arrival
    nothing was to be expected.
    """
    for last, following in pairwise((*arrivals, None)):
        if last is None:
            continue
        newest = horizon if following is None else following - _DAY
        silent = (newest - last).days
        if silent > days:
            onset = last + dt.timedelta(days + 1)
            yield Episode(last + _DAY, onset, following, newest, silent, silent)


def _silent(last: dt.date, now: dt.date) -> bool:
    return (now - last).days > SILENT_DAYS


def _silence(last: dt.date) -> dt.date:
    return last + dt.timedelta(SILENT_DAYS + 1)
