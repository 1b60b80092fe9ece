"""Two ways of doing the same work, timed in turns: the figures of each round, and their ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

ROUNDS: Final = 5
"""Least rounds of a measurement whose ratio is told."""

Arm = Callable[[int], float]
"""Does the work of a round (from 0) and returns its figure: rows a second, or seconds."""


class Spread(NamedTuple):
    """The median of some figures, and between which they lie."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Raises `ValueError` where there are none."""
        if not figures:
            raise ValueError("no figures: nothing was measured")
        return cls(statistics.median(figures), min(figures), max(figures))


class Pairs(msgspec.Struct, frozen=True):
    """What came of the rounds: `ours[i]` and `reference[i]` were measured one right after the other."""

    ours: tuple[float, ...]
    reference: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.ours) != len(self.reference):
            raise ValueError(f"{len(self.ours)} figures of ours, {len(self.reference)} of the reference")

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours / reference, of each round: what slows the machine down for a while slows down both."""
        return tuple(a / b for a, b in zip(self.ours, self.reference, strict=True))


def interleaved(ours: Arm, reference: Arm, rounds: int = ROUNDS) -> Pairs:
    """Run both in every round, in turns first, so that neither always meets what the other left warm."""
    a: list[float] = []
    b: list[float] = []
    for number in range(rounds):
        if number % 2 == 0:
            a.append(ours(number))
            b.append(reference(number))
        else:
            b.append(reference(number))
            a.append(ours(number))
    return Pairs(tuple(a), tuple(b))


def percentile(figures: Sequence[float], percent: int) -> float:
    """A percentile of at least two figures, by linear interpolation."""
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]
