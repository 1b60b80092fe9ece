"""An interval of counts, and how good it was."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from covid_core.metrics import Floats

LEVEL: Final = 0.9
"""Of what is drawn, as much lies between the bounds, and half of the rest on either side."""

_TAIL: Final = (1 - LEVEL) / 2


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

    def excess(self, count: int) -> float:
        """How far outside its bounds a count lies, in widths of it; inside, how far from them, negative."""
        return max(self.lower - count, count - self.upper) / max(self.width, 1)

    def widened(self, share: float, least: int) -> Interval:
        """Both bounds further out by a share of its width, further in for a negative one: never beyond the
        median, and none below `least` where the median is not."""
        by = math.ceil(share * max(self.width, 1))
        lower = max(self.lower - by, min(least, self.lower))
        return Interval(min(lower, self.expected), self.expected, max(self.upper + by, self.expected))

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
