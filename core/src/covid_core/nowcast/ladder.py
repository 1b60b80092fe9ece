"""The chain ladder, and its bootstrap.

Mack (1993), Distribution-free calculation of the standard error of chain ladder reserve estimates, ASTIN
Bulletin 23(2), doi:10.2143/AST.23.2.2005092. England & Verrall (2006), Predictive distributions of
outstanding liabilities in general insurance, Annals of Actuarial Science 1(2): the bootstrap of Mack's model.

What differs from the textbook: reports come when they come, so that a rung leads to the next one at which
enough days were seen, which need not be its neighbour; counts may be zero or fall (`_volume`); and a factor
may be a median (`by_median`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np

from covid_core.metrics import Bools, Floats

_SMALLEST: Final = 1.0

Factor = Callable[[Floats, Floats], Floats]
"""Of counts (n,) on one rung and (..., n) on a later one to the development factor (...)."""


class Step(msgspec.Struct, frozen=True):
    """From one rung to a later one, learnt from n origins that were seen on both.

    `before`: (n,), the counts on the lower rung. `residuals`: (n,), of the counts on the later one, in roots
    of `_volume`, scaled up for the degree of freedom that the factor takes.
    """

    to: int
    factor: float
    before: Floats
    residuals: Floats

    @property
    def variance(self) -> float:
        """Mack's sigma squared; 0 of a single origin, which tells nothing of it."""
        return float(np.mean(self.residuals**2))

    @property
    def changes(self) -> bool:
        """Whether a count may be another one after it."""
        return self.factor != 1 or bool(self.residuals.any())


Ladder = Sequence[Step | None]
"""The step from each rung but the last, which is where counts have settled; None where too few were seen."""


def by_volume(before: Floats, after: Floats) -> Floats:
    """Mack's factor: least squares weighted by volume, which is the ratio of the sums where no count before
    is below 1. 1 where nothing but zeros was seen."""
    volume = _volume(before)
    weight = float(np.sum(before**2 / volume))
    if weight == 0:
        return np.ones(after.shape[:-1])
    return np.asarray(np.sum(before * after / volume, axis=-1) / weight)


def by_median(before: Floats, after: Floats) -> Floats:
    """The median of the ratios weighted by the counts before: least absolute differences instead of squares.
    A day that is restated out of all proportion does not move it. 1 where nothing but zeros was seen.

    A robust chain ladder: Verdonck, Van Wouwe & Dhaene (2009), A robustification of the chain-ladder method,
    North American Actuarial Journal 13(2).
    """
    counted = before != 0
    if not counted.any():
        return np.ones(after.shape[:-1])
    weights = np.abs(before[counted])
    ratios = after[..., counted] / before[counted]
    order = np.argsort(ratios, axis=-1)
    middle = np.argmax(np.cumsum(weights[order], axis=-1) >= weights.sum() / 2, axis=-1)
    place = np.take_along_axis(order, middle[..., None], axis=-1)
    return np.asarray(np.take_along_axis(ratios, place, axis=-1)[..., 0])


def as_reported(before: Floats, after: Floats) -> Floats:
    """1: counts are expected to stay, however they scatter around that."""
    return np.ones(after.shape[:-1])


def fit(triangle: Floats, least: int = 1, factor: Factor = by_volume) -> Ladder:
    """The steps of a triangle (n origins, m rungs), NaN where nothing was seen; of `least` origins each, or
    more."""
    seen = ~np.isnan(triangle)
    return [_step(triangle, seen, rung, max(least, 1), factor) for rung in range(triangle.shape[1] - 1)]


def _step(triangle: Floats, seen: Bools, rung: int, least: int, factor: Factor) -> Step | None:
    for to in range(rung + 1, triangle.shape[1]):
        both = seen[:, rung] & seen[:, to]
        count = int(both.sum())
        if count >= least:
            before, after = triangle[both, rung], triangle[both, to]
            found = float(factor(before, after))
            residuals = (after - found * before) / np.sqrt(_volume(before))
            # The factor takes a degree of freedom, unless it is given.
            free = count if factor is as_reported else max(count - 1, 1)
            return Step(to, found, before, residuals * np.sqrt(count / free))
    return None


def project(ladder: Ladder, rung: int, count: float) -> float | None:
    """Where a count on a rung settles by the factors alone; None where no steps lead there."""
    while rung < len(ladder):
        step = ladder[rung]
        if step is None:
            return None
        rung, count = step.to, count * step.factor
    return count


class Bootstrap:
    """What a ladder might have been, and where counts settle by each."""

    def __init__(self, ladder: Ladder, draws: int, seed: int, factor: Factor = by_volume) -> None:
        """Each draw resamples the residuals of each step and fits the step's factor to them anew. The same
        arguments give the same draws. `factor`: that which the ladder was fit by."""
        random = np.random.default_rng(seed)
        self._ladder = ladder
        self._draws = draws
        self._seed = seed
        self._factors = [None if step is None else _refitted(step, random, draws, factor) for step in ladder]

    def settled(self, rung: int, counts: Floats) -> Floats | None:
        """Where counts (n,) on a rung may settle: (draws, n), the error of the factors and that of the counts
        in it. None where no steps lead there. Each call draws the same, so that equal counts on a rung have
        equal answers."""
        random = np.random.default_rng((self._seed, rung))
        found = np.tile(np.asarray(counts, dtype=np.float64), (self._draws, 1))
        while rung < len(self._ladder):
            step, factors = self._ladder[rung], self._factors[rung]
            if step is None or factors is None:
                return None
            if step.changes:
                noise = random.choice(step.residuals, size=found.shape) * np.sqrt(_volume(found))
                found = factors[:, None] * found + noise
            rung = step.to
        return found


def _refitted(step: Step, random: np.random.Generator, draws: int, factor: Factor) -> Floats:
    """The step's factor in each draw: (draws,)."""
    if not step.changes:
        return np.ones(draws)
    noise = random.choice(step.residuals, size=(draws, step.before.size))
    return factor(step.before, step.factor * step.before + noise * np.sqrt(_volume(step.before)))


def _volume(counts: Floats) -> Floats:
    """What a later count's variance is in proportion to: the count itself. Zeros are revised, too, and
    corrections are negative, so it is at least 1."""
    return np.maximum(np.abs(counts), _SMALLEST)
