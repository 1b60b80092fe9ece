"""From cumulative counts to the new cases of each day: what was reported together is spread, and negatives
are taken from the days before.

Estimates look back from a day that was reported: from there, what is said of the days before needs no later
report, so that an estimate does not change when tomorrow's number arrives.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from covid_core.rt import REDISTRIBUTED_DAYS, SPREAD_DAYS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

SMALLEST: Final = 1e-6
"""Persons: less than this is the rounding of fractions, and counts as none."""


class Reports(Struct, frozen=True):
    """Cumulative cases of one region on a grid of n days.

    `counts`: float64 (n,), NaN where null. `due`: bool (n,), false where the source repeated a number on a
    day without a report (status `not_due`). `sources`: int8 (n,), which source each count is from.
    """

    counts: Floats
    due: Bools
    sources: Codes


class NewCases(NamedTuple):
    """New cases of n days. `cases`: float64 (n,), persons, NaN where unknown. `spread`: bool (n,), where they
    are an even share of what was reported for several days together. `reported`: bool (n,), the days with a
    report: those before the next one learn their cases only from it."""

    cases: Floats
    spread: Bools
    reported: Bools


def new_cases(reports: Reports) -> NewCases:
    """The difference of each report to the one before, spread evenly over the days since.

    Unknown are the days up to the first report, those after the last, those between reports of different
    sources, and those between reports more than `SPREAD_DAYS` apart.
    """
    cases = np.full(reports.counts.shape, np.nan)
    spread = np.zeros(reports.counts.shape, dtype=np.bool_)
    reported = reports.due & ~np.isnan(reports.counts)
    (days,) = np.nonzero(reported)
    if days.size < 2:
        return NewCases(cases, spread, reported)
    gaps = np.diff(days)
    same = reports.sources[days[1:]] == reports.sources[days[:-1]]
    shares = np.diff(reports.counts[days]) / gaps
    shares[~same | (gaps > SPREAD_DAYS)] = np.nan
    span = slice(days[0] + 1, days[-1] + 1)
    cases[span] = np.repeat(shares, gaps)
    spread[span] = np.repeat(gaps > 1, gaps) & ~np.isnan(cases[span])
    return NewCases(cases, spread, reported)


def redistributed(cases: Floats) -> Floats:
    """Take each negative from the cases of the `REDISTRIBUTED_DAYS` days before it, in proportion to them.

    In proportion, so that the course of an epidemic keeps its form: a correction mostly takes back cases that
    were counted over weeks. `cases`: float64 (n,), persons, no NaN (a day that is not known has nothing to
    take: 0). The total is conserved: what the days cannot give is left, negative, on its own. The latest
    negative is served first, so that what is said of a day depends on no negative before it.
    """
    result = cases.copy()
    for day in np.nonzero(cases < 0)[0][::-1].tolist():
        before = result[max(0, day - REDISTRIBUTED_DAYS) : day]
        given = np.where(before > 0, before, 0.0)
        owed, there = -float(cases[day]), float(given.sum())
        rest = owed - there
        if rest > SMALLEST:
            before -= given
            result[day] = -rest
        else:
            before -= given * (owed / there)
            result[day] = 0.0
    return result
