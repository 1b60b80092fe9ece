"""Days without a report that look like days without a case: a source repeats its last count and does not say
so.

Johns Hopkins' files have a number for every day. Of a province that reports once a week they repeat one for
six days, and the seventh carries the cases of all. Where people are few such days may be true: so what counts
is the rise after them. Only Rt asks for this; the counts and all other metrics stay as they were published.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from covid_core.daily_cases import Bools, Reports
from covid_core.rt import FEWEST_CASES, REPEATS, SPREAD_DAYS


class Judged(NamedTuple):
    """`reports`: what was given, `due` false on the days that only repeat a count. `hindsight`: of them the
    spans of days, on the grid, that only the rise after them has shown: until then they were days without a
    case."""

    reports: Reports
    hindsight: list[slice]


def judged(reports: Reports) -> Judged:
    """What of the reports is one.

    A rise is *gathered* when it is of `FEWEST_CASES` at least, and the count before it had been repeated on
    `REPEATS` days at least. The repetitions before a gathered rise are no reports, and neither are those of
    the `SPREAD_DAYS` days after it: a source that has gathered is waited for.
    """
    repeats, rises = _steps(reports)
    runs = list(_runs(repeats))
    gathered = [
        run.stop
        for run in runs
        if run.stop - run.start >= REPEATS and run.stop < repeats.size and rises[run.stop]
    ]
    waiting = np.zeros(repeats.size, dtype=np.bool_)
    for day in gathered:
        waiting[day + 1 : day + 1 + SPREAD_DAYS] = True
    due = reports.due & ~(repeats & waiting)
    hindsight = []
    for run in runs:
        # Those that are waited for come first.
        start = run.start + int(waiting[run].sum())
        if run.stop in gathered and start < run.stop:
            due[start : run.stop] = False
            hindsight.append(slice(start, run.stop))
    return Judged(msgspec.structs.replace(reports, due=due), hindsight)


def _steps(reports: Reports) -> tuple[Bools, Bools]:
    """Bool (n,) each: the days whose report repeats that of the day before, and those whose rises enough."""
    known = reports.due & ~np.isnan(reports.counts)
    both = known[1:] & known[:-1] & (reports.sources[1:] == reports.sources[:-1])
    with np.errstate(invalid="ignore"):
        change = np.diff(reports.counts)
        steps = both & (change == 0), both & (change >= FEWEST_CASES)
    # Of the first day nothing is known.
    repeats, rises = (np.concatenate([[False], step]) for step in steps)
    return repeats, rises


def _runs(days: Bools) -> Iterator[slice]:
    """The spans of days that hold, one after another."""
    edges = np.flatnonzero(np.diff(days, prepend=False, append=False)).tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield slice(start, stop)
