"""The effective reproduction number Rt by Cori et al. (2013), with its 95% credible interval.

Reference: Cori, Ferguson, Fraser, Cauchemez, A New Framework and Software to Estimate Time-Varying
Reproduction Numbers During Epidemics, Am J Epidemiol 178 (2013) 1505-1512, doi:10.1093/aje/kwt133, with its
web appendix; EpiEstim is the authors' implementation. New cases I(s) of a window are Poisson with mean
R Λ(s), Λ(s) = Σ w(k) I(s-k), w the discretised serial interval; with a gamma prior (shape a, scale b) the
posterior of R is a gamma of shape a + Σ I(s) and scale 1 / (1/b + Σ Λ(s)), sums over the window.

This is the only module of the core that needs SciPy (the extra `estimates`).
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import gammainc, gammaincinv

from covid_core.daily_cases import SMALLEST, Bools, Floats, NewCases, Reports, new_cases, redistributed
from covid_core.repeats import judged
from covid_core.rt import (
    FEWEST_CASES,
    HISTORY,
    INFECTIOUS_DAYS,
    MOST_UNKNOWN,
    NULL_NOTES,
    PRIOR_MEAN,
    PRIOR_SD,
    REACH,
    REDISTRIBUTED_DAYS,
    WINDOW,
    RtNote,
    SerialInterval,
)

_SHAPE: Final = (PRIOR_MEAN / PRIOR_SD) ** 2
_SCALE: Final = PRIOR_SD**2 / PRIOR_MEAN
LOWER: Final = 0.025
UPPER: Final = 0.975
"""The quantiles of the posterior that bound the 95% credible interval."""


class Sums(NamedTuple):
    """Over the window of each of n days, persons: `cases` Σ I(s) and `infectors` Σ Λ(s), float64 (n,)."""

    cases: Floats
    infectors: Floats


class Posterior(NamedTuple):
    """Of Rt, dimensionless: mean and the bounds of the 95% credible interval, float64 (n,)."""

    mean: Floats
    lower: Floats
    upper: Floats


class Estimate(NamedTuple):
    """Rt of one day. All of the first three are None, and `note` (of `RtNote`) says why, or none is."""

    rt: float | None
    lower: float | None
    upper: float | None
    note: str | None


NO_ESTIMATE: Final = Estimate(None, None, None, None)
"""Of a day without a row, or with a deleted one."""


def discretised(interval: SerialInterval) -> Floats:
    """w(0) … w(`INFECTIOUS_DAYS`): the probability that the serial interval is k days, float64 (61,).

    A gamma distribution shifted by one day, of the given mean and sd, for an infector whose onset is at any
    time of the day. Reference: Cori et al. (2013), web appendix 11; EpiEstim's `discr_si`.
    """
    mean, variance = interval.mean - 1, interval.sd**2
    shape, scale = mean**2 / variance, variance / mean
    days = np.arange(-2, INFECTIOUS_DAYS + 1, dtype=np.float64)
    x = np.maximum(days, 0) / scale
    # The integral of the distribution function, ∫F from 0 to day; w is its second difference.
    area = days * gammainc(shape, x) - mean * gammainc(shape + 1, x)
    weights: Floats = np.maximum(np.diff(area, 2), 0)
    return weights


def window_weights(serial: Floats) -> Floats:
    """How often a case of each of the days t - `HISTORY` … t counts in Σ Λ(s), s in t - 6 … t.

    `serial`: w(0) … w(k), float64, k at most `INFECTIOUS_DAYS`.
    """
    weights = np.zeros(HISTORY + 1)
    for last in range(HISTORY + 1 - WINDOW, HISTORY + 1):
        weights[last + 1 - serial.size : last + 1] += serial[::-1]
    return weights


def window_sums(history: Floats, weights: Floats) -> Sums:
    """Of windows of days t - `HISTORY` … t, float64 (n, HISTORY + 1), persons, and `window_weights`."""
    # Not a matrix product: its rounding would depend on how many windows are summed together.
    return Sums(history[:, -WINDOW:].sum(axis=1), (history * weights).sum(axis=1))


@cache
def _weights(interval: SerialInterval) -> Floats:
    weights = window_weights(discretised(interval))
    weights.setflags(write=False)
    return weights


def posterior(sums: Sums) -> Posterior:
    """What the windows' sums say of Rt."""
    shape = _SHAPE + sums.cases
    scale = 1 / (1 / _SCALE + sums.infectors)
    return Posterior(shape * scale, scale * gammaincinv(shape, LOWER), scale * gammaincinv(shape, UPPER))


def estimates(reports: Reports, interval: SerialInterval) -> list[Estimate]:
    """Rt of every day of a grid but its first `REACH`, which only serve as history.

    What is said of a day does not depend on the other days of the grid that follow it.

    Reference: Cori et al., Am J Epidemiol 178 (2013) 1505-1512, doi:10.1093/aje/kwt133; EpiEstim.
    """
    found = judged(reports)
    said = _of_reports(found.reports, interval)
    for span in found.hindsight:
        # These days did not know the rise that was to come: what ends with them says what they said.
        first = max(span.start, REACH)
        if first < span.stop:
            known = slice(first - REACH, span.stop)
            said[first - REACH : span.stop - REACH] = estimates(_part(reports, known), interval)
    return said


def _part(reports: Reports, days: slice) -> Reports:
    return Reports(reports.counts[days], reports.due[days], reports.sources[days])


def _of_reports(reports: Reports, interval: SerialInterval) -> list[Estimate]:
    windows = _Windows(new_cases(reports), REACH, interval)
    notes = windows.notes()
    with np.errstate(invalid="ignore", divide="ignore"):
        means, lowers, uppers = posterior(windows.sums)
    return [
        Estimate(None, None, None, note) if note in NULL_NOTES else Estimate(mean, lower, upper, note)
        for mean, lower, upper, note in zip(
            means.tolist(), lowers.tolist(), uppers.tolist(), notes, strict=True
        )
    ]


class _Windows:
    """What the days that count for each wanted day hold, (count, …)."""

    def __init__(self, found: NewCases, first: int, interval: SerialInterval) -> None:
        """`first`: the first wanted day of the grid."""
        days = slice(first - HISTORY, None)
        unknown = sliding_window_view(np.isnan(found.cases[days]), HISTORY + 1)
        weights = _weights(interval)
        self.unreported: Bools = ~found.reported[first:] | np.any(unknown[:, -WINDOW:], axis=1)
        self.unknown_share: Floats = (unknown * weights).sum(axis=1) / WINDOW
        spread = sliding_window_view(found.spread[days], HISTORY + 1)
        self.spread: Bools = np.any(spread[:, -WINDOW:], axis=1)
        histories = _histories(np.nan_to_num(found.cases), first)
        self.left: Bools = np.any(histories < -SMALLEST, axis=1)
        self.sums = window_sums(histories, weights)

    def notes(self) -> list[str | None]:
        """Of each day, the first that applies."""
        conditions: list[tuple[RtNote, npt.NDArray[np.bool_]]] = [
            (RtNote.NO_REPORT, self.unreported),
            (RtNote.SHORT_HISTORY, self.unknown_share > MOST_UNKNOWN),
            (RtNote.FEW_CASES, self.sums.cases < FEWEST_CASES - SMALLEST),
            (RtNote.NO_INFECTORS, self.sums.infectors < SMALLEST),
            (RtNote.NEGATIVES_LEFT, self.left),
            (RtNote.SPREAD, self.spread),
        ]
        vocabulary = [note.value for note, _ in conditions]
        codes = np.select([holds for _, holds in conditions], range(len(conditions)), default=-1)
        return [None if code < 0 else vocabulary[code] for code in codes.tolist()]


def _histories(cases: Floats, first: int) -> Floats:
    """The days that count for each day from `first` on, without negatives: float64 (n - first, HISTORY + 1).

    A day's history knows the negatives up to that day, so it changes at each negative and at no other day.
    """
    days = HISTORY + 1
    (negatives,) = np.nonzero(cases < 0)
    negatives = negatives[negatives >= first - HISTORY]
    histories = sliding_window_view(cases[first - HISTORY :], days)
    if not negatives.size:
        return histories
    histories = histories.copy()
    for day, following in zip(negatives.tolist(), [*negatives[1:].tolist(), cases.size], strict=True):
        start, stop = max(day, first), min(following, day + days)
        if start >= stop:
            continue
        cleaned = redistributed(cases[max(0, day - HISTORY - REDISTRIBUTED_DAYS) : day + 1])
        known = np.concatenate([cleaned[-days:], cases[day + 1 : stop]])
        histories[start - first : stop - first] = sliding_window_view(known, days)[start - day :]
    return histories
