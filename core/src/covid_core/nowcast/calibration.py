"""How much wider a bootstrap's intervals must be, by what reports seen so far say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from covid_core.nowcast import interval, ladder
from covid_core.nowcast.interval import LEVEL
from covid_core.nowcast.rungs import Rungs

_FOLDS: Final = 5


def factor(rungs: Rungs, least: int, draws: int, seed: int) -> float:
    """What to scale intervals by, so that at `LEVEL` they hold: split conformal prediction by folds of days.

    Each fifth of the days that have settled is nowcast by a ladder of the others, and the factor is the
    quantile of how far, in the interval's own scale, the settled counts lay. Only days are counted of which
    the nowcast says something else than the report. 1 where there is none. Nothing is used but what was
    reported by then.

    Lei et al. (2018), Distribution-free predictive inference for regression, section 5.2 (locally weighted),
    doi:10.1080/01621459.2017.1307116; by folds: Barber et al. (2021), doi:10.1214/20-AOS1965.
    """
    distances = list(_distances(rungs, least, draws, seed))
    return _quantile(distances) if distances else 1.0


def _quantile(distances: Sequence[float]) -> float:
    """The conformal quantile; of so few that it has none, the greatest."""
    place = math.ceil((len(distances) + 1) * LEVEL)
    return sorted(distances)[min(place, len(distances)) - 1]


def _distances(rungs: Rungs, least: int, draws: int, seed: int) -> Iterator[float]:
    triangle = rungs.triangle
    fold_of = np.arange(len(triangle)) % _FOLDS
    for fold in range(_FOLDS):
        # A fold less is left to learn from.
        steps = ladder.fit(triangle[fold_of != fold], least // 2, ladder.by_median)
        if not any(step is not None and step.changes for step in steps):
            continue
        bootstrap = ladder.Bootstrap(steps, draws, seed, ladder.by_median)
        held_back = triangle[fold_of == fold]
        for rung in range(len(rungs.firsts)):
            both = ~np.isnan(held_back[:, rung]) & ~np.isnan(held_back[:, -1])
            counts, later = held_back[both, rung], held_back[both, -1]
            drawn = bootstrap.settled(rung, counts, key=fold + 1)
            if drawn is None:
                continue
            for place, (count, settled) in enumerate(zip(counts, later, strict=True)):
                found = interval.of_draws(drawn[:, place], int(count))
                if not found.only(int(count)):
                    yield found.distance(int(settled))
