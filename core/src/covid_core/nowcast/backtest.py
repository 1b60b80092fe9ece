"""How good nowcasts would have been: each as it was known then, beside what its source says now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from covid_core.logged import Logged
from covid_core.nowcast import calibration, seen
from covid_core.nowcast.interval import Interval
from covid_core.nowcast.nowcast import Nowcast, of_seen

FIELDS: Final = ("confirmed", "deaths")
"""Counts that are looked at: what both publishers give of every region."""


class Cell(NamedTuple):
    """A nowcast made when only what was reported `at` that time or before was known, and the count that
    stands now. `reported`, `interval`: the nowcast's."""

    at: dt.datetime
    nowcast: Nowcast
    reported: int
    interval: Interval
    later: int


class Population(StrEnum):
    """Which cells are looked at."""

    ALL = "all"
    CHANGE_EXPECTED = "change-expected"
    """Whose nowcast says anything else than the report: known when it was made."""
    CHANGED = "changed"
    """Whose count was changed afterwards: known in hindsight alone."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many cells how many intervals held the later count, and how many reported counts were the later
    ones. Means, in persons, null where there are no cells: `width`, of the intervals; `score` and
    `reported_score`, the interval score of the intervals, and of reported counts as intervals without width;
    `error` and `reported_error`, how far the expected and the reported counts were from the later ones."""

    cells: int
    held: int
    unchanged: int
    width: float | None
    score: float | None
    reported_score: float | None
    error: float | None
    reported_error: float | None

    @property
    def share(self) -> float | None:
        """Of the intervals that held."""
        return self.held / self.cells if self.cells else None


def cells(logged: Sequence[Logged], region: str, source: str, field: str) -> Iterator[Cell]:
    """Every nowcast of one series after each of its reports, whose days have settled since. `logged`: the
    region's validated records, in any order. Nothing of a later report is used to make a nowcast."""
    reports = seen.reports(logged, source)
    known = seen.seen(logged, source, field, reports)
    for place, at in enumerate(reports[:-1], start=1):
        past = [known[before] for before in calibration.moments(reports[:place])]
        for one in of_seen(known[at], past, source, region, field):
            later = known[reports[-1]].days.get(one.date)
            if later is None or later.settled is None or one.interval is None or one.reported is None:
                continue
            yield Cell(at, one, one.reported, one.interval, later.settled)


def coverage(cells: Iterable[Cell]) -> Mapping[Population, Coverage]:
    """Of each population of these cells."""
    known = list(cells)
    return {each: _coverage([one for one in known if _belongs(one, each)]) for each in Population}


def _belongs(cell: Cell, population: Population) -> bool:
    if population is Population.CHANGE_EXPECTED:
        return cell.nowcast.expects_change
    return population is Population.ALL or cell.reported != cell.later


def _coverage(cells: Sequence[Cell]) -> Coverage:
    found = [(one.interval, one.later) for one in cells]
    plain = [(Interval(one.reported, one.reported, one.reported), one.later) for one in cells]
    return Coverage(
        cells=len(found),
        held=sum(one.holds(later) for one, later in found),
        unchanged=sum(one.holds(later) for one, later in plain),
        width=_mean(one.width for one, _ in found),
        score=_mean(one.score(later) for one, later in found),
        reported_score=_mean(one.score(later) for one, later in plain),
        error=_mean(abs(one.expected - later) for one, later in found),
        reported_error=_mean(abs(one.expected - later) for one, later in plain),
    )


def _mean(numbers: Iterable[float]) -> float | None:
    known = list(numbers)
    return sum(known) / len(known) if known else None
