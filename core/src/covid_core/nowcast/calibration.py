"""How much wider a bootstrap's intervals must be, by what became of earlier ones."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final

from covid_core.nowcast.interval import LEVEL, Interval
from covid_core.nowcast.seen import HORIZON

MOST: Final = 8
"""Earlier reports whose nowcasts are looked at."""


def moments(reports: Sequence[dt.datetime]) -> list[dt.datetime]:
    """Of reports, ascending, the newest ones that came `HORIZON` days or more before the last: all that could
    be nowcast after them has settled since."""
    if not reports:
        return []
    settled = [at for at in reports if (reports[-1].date() - at.date()).days >= HORIZON]
    return settled[-MOST:]


def share(judged: Iterable[tuple[Interval, int]], least: int) -> float:
    """By which share of their width intervals must be wider on either side, to hold at `LEVEL`; negative, by
    which they may be narrower. Split conformal: the quantile of how far outside its interval each count that
    was to come lay, of earlier nowcasts whose counts have settled. 0 where there are fewer than `least`.

    Sesia & Candès (2020), A comparison of some conformal quantile regression methods, Stat 9(1) e261 (CQR-r).
    """
    found = sorted(interval.excess(later) for interval, later in judged)
    if len(found) < least:
        return 0.0
    place = math.ceil((len(found) + 1) * LEVEL)
    return found[min(place, len(found)) - 1]
