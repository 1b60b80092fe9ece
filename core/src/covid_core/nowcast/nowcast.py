"""Nowcasts of one series: the latest days' new counts as they will stand once reports have settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from covid_core.logged import Logged
from covid_core.nowcast import calibration, interval, ladder, rungs, seen
from covid_core.nowcast.interval import Interval
from covid_core.nowcast.rungs import Rungs
from covid_core.nowcast.seen import Day, Seen

LEAST: Final = 20
"""Days that a step of the ladder is learnt from, at least: of fewer, none would lie in a tail of 5%."""

LEAST_REPORTS: Final = 2
"""Reports whose latest days have settled, for a factor to be learnt: from one alone a restatement that
happened once cannot be told from the way in which a source reports, so that changes count as scatter."""

MOST: Final = 120
"""Days that a ladder is learnt from: how a source reports changes."""

_DRAWS: Final = 1_000
_SEED: Final = 1993


class Reason(StrEnum):
    """Why a day has no nowcast."""

    NOT_REPORTED = "not-reported"
    """Its source has given no new count of it."""
    SETTLED = "settled"
    """The newest report came so long after it that no more is expected."""
    TOO_FEW = "too-few-reports"
    """Fewer than `LEAST` days of the series were reported both early and after `HORIZON` days."""


class Nowcast(msgspec.Struct, frozen=True, kw_only=True):
    """A day's new count, persons (tests: tests): as reported, and as it is expected to stand later.

    `delay`: days from the day to the newest report of it. `lower`, `upper`: bounds of the interval of
    `interval.LEVEL`, included. `reports`: of the source, seen so far; `learnt_from`: days that have settled.
    """

    source: str
    region: str
    field: str
    date: dt.date
    delay: int | None
    reported: int | None
    expected: int | None
    lower: int | None
    upper: int | None
    reason: Reason | None
    reports: int
    learnt_from: int

    @property
    def interval(self) -> Interval | None:
        """The interval; None where there is a `reason`."""
        if self.lower is None or self.expected is None or self.upper is None:
            return None
        return Interval(self.lower, self.expected, self.upper)

    @property
    def expects_change(self) -> bool:
        """Whether it says anything else than what was reported."""
        found = self.interval
        return found is not None and self.reported is not None and not found.only(self.reported)


def nowcasts(logged: Sequence[Logged], source: str, region: str, field: str) -> list[Nowcast]:
    """Of the latest days of one region, oldest first. `logged`: its validated records, in any order, up to
    the moment of asking. The same records give the same numbers."""
    reports = seen.reports(logged, source)
    if not reports:
        return []
    past = calibration.moments(reports)
    known = seen.seen(logged, source, field, {*past, reports[-1]})
    return of_seen(known[reports[-1]], [known[at] for at in past], source, region, field)


def of_seen(known: Seen, past: Iterable[Seen], source: str, region: str, field: str) -> list[Nowcast]:
    """The same, of what is seen, and what was after earlier reports (`calibration.moments`)."""
    if known.newest is None:
        return []
    model = _model(known)
    share = calibration.share(_judged(known, past), LEAST) if model is not None else 0
    found = []
    for date in known.latest():
        day = known.days[date]
        delay, reported = _reported(day)
        guess = None
        if day.settled is not None:
            reason: Reason | None = Reason.SETTLED
        elif delay is None or reported is None:
            reason = Reason.NOT_REPORTED
        else:
            guess = None if model is None else model.guess(delay, reported, share)
            reason = Reason.TOO_FEW if guess is None else None
        found.append(
            Nowcast(
                source=source,
                region=region,
                field=field,
                date=date,
                delay=delay,
                reported=reported,
                expected=None if guess is None else guess.expected,
                lower=None if guess is None else guess.lower,
                upper=None if guess is None else guess.upper,
                reason=reason,
                reports=known.reports,
                learnt_from=0 if model is None else model.learnt_from,
            )
        )
    return found


def _judged(known: Seen, past: Iterable[Seen]) -> Iterator[tuple[Interval, int]]:
    """Earlier intervals that said anything else than the report, before any scaling, and what came."""
    for then in past:
        model = _model(then)
        for date in then.latest():
            day, now = then.days[date], known.days.get(date)
            delay, reported = _reported(day)
            if model is None or day.settled is not None or now is None or now.settled is None:
                continue
            if delay is None or reported is None:
                continue
            found = model.guess(delay, reported, 0)
            if found is not None and not found.only(reported):
                yield found, now.settled


def _reported(day: Day) -> tuple[int | None, int | None]:
    """The delay of the newest early report of a day, and the count that stands."""
    delay, count = day.early[-1] if day.early else (None, None)
    return delay, count if day.settled is None else day.settled


def _model(known: Seen) -> _Model | None:
    climbed = rungs.climbed(known, LEAST, MOST)
    return None if climbed is None else _Model(climbed)


class _Model:
    """The ladder of one series."""

    def __init__(self, climbed: Rungs) -> None:
        self._rungs = climbed
        self.learnt_from = climbed.settled
        by = ladder.as_reported if climbed.reports < LEAST_REPORTS else ladder.by_median
        self._bootstrap = ladder.Bootstrap(ladder.fit(climbed.triangle, LEAST, by), _DRAWS, _SEED, by)

    def guess(self, delay: int, reported: int, share: float) -> Interval | None:
        """Of a day. `share`: by which to widen it, where it says anything else than the report."""
        drawn = self._bootstrap.settled(self._rungs.rung(delay), np.array([float(reported)]))
        if drawn is None:
            return None
        found = interval.of_draws(drawn[:, 0], reported)
        return found if found.only(reported) else found.widened(share, interval.floor(reported))
