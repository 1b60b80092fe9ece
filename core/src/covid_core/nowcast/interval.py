"""An interval of counts, and how good it was."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from covid_core.metrics import Floats

LEVEL: Final = 0.9
"""Of what is drawn, as much lies between the bounds, and half of the rest on either side."""

_TAIL: Final = (1 - LEVEL) / 2
_NARROWEST: Final = 0.5
"""Persons: counts are whole, so that a bound nearer than this is none."""


class Interval(NamedTuple):
    """Counts; both bounds belong to it. `expected`: the median."""

    lower: int
    expected: int
    upper: int

    def holds(self, count: int) -> bool:
        """Whether a count lies in it."""
        return self.lower <= count <= self.upper

    def only(self, count: int) -> bool:
        """Whether it says that count and no other."""
        return self.lower == self.upper == count

    @property
    def width(self) -> int:
        """The bounds' distance."""
        return self.upper - self.lower

    def distance(self, count: int) -> float:
        """How far from the median a count lies, in distances of the bound on its side."""
        if count < self.expected:
            return (self.expected - count) / max(self.expected - self.lower, _NARROWEST)
        return (count - self.expected) / max(self.upper - self.expected, _NARROWEST)

    def scaled(self, factor: float, floor: int) -> Interval:
        """Its bounds as many times as far from the median, outwards to the next whole count; none below
        `floor`."""
        below = math.ceil(factor * (self.expected - self.lower))
        above = math.ceil(factor * (self.upper - self.expected))
        lower = max(self.expected - below, min(floor, self.expected))
        return Interval(lower, self.expected, self.expected + above)

    def score(self, count: int) -> float:
        """The interval score: its width, and 2 / (1 - `LEVEL`) times what a count lies outside; the less
        the better.

        Gneiting & Raftery (2007), doi:10.1198/016214506000001437, equation 43.
        """
        outside = max(self.lower - count, count - self.upper, 0)
        return self.width + 2 / (1 - LEVEL) * outside


def floor(reported: int) -> int:
    """The least that a count settles at: a new count is not negative, unless it was reported so."""
    return min(0, reported)


def of_draws(draws: Floats, reported: int) -> Interval:
    """The interval of drawn counts (n,), as whole counts not below the `floor`."""
    counts = np.maximum(np.rint(draws), floor(reported))
    lower, middle, upper = np.quantile(counts, (_TAIL, 0.5, 1 - _TAIL), method="inverted_cdf")
    return Interval(int(lower), int(middle), int(upper))
