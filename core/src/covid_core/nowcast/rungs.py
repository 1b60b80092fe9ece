"""The triangle of a series: its days, by the rungs of delay at which they were seen."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from covid_core.metrics import Floats
from covid_core.nowcast.seen import HORIZON, Day, Seen


class Rungs(msgspec.Struct, frozen=True):
    """`firsts`: the first delay of each rung, in days, ascending from 0; the last rung is what has settled,
    of `HORIZON` days and more. `days`: (n,), ascending. `triangle`: (n, rungs), new counts, NaN where a day
    was not seen. `reports`: how many said early what has settled since."""

    firsts: tuple[int, ...]
    days: tuple[dt.date, ...]
    triangle: Floats
    reports: int

    def rung(self, delay: int) -> int:
        """The rung that a delay below `HORIZON` belongs to."""
        return bisect_right(self.firsts, delay) - 1

    @property
    def settled(self) -> int:
        """How many of the days have settled."""
        return int((~np.isnan(self.triangle[:, -1])).sum())


def climbed(seen: Seen, least: int, most: int) -> Rungs | None:
    """The rungs of a series, as fine as what was seen allows: on each at least `least` days that have settled
    since. Where reports come daily a rung is a day; of two reports months apart neighbouring delays are taken
    together. Of each day its first count on a rung. Only the newest `most` days that have settled are looked
    at, and those after them. None where too few have.
    """
    days = _newest(seen, most)
    firsts = _firsts([days[day] for day in days if days[day].settled is not None], least)
    if not firsts:
        return None
    empty = np.full((len(days), len(firsts) + 1), np.nan)
    found = Rungs(firsts, tuple(days), empty, _reports(days))
    for row, day in enumerate(days.values()):
        # The first count on a rung stays, so it is written last.
        for delay, new in reversed(day.early):
            if new is not None:
                found.triangle[row, found.rung(delay)] = new
        if day.settled is not None:
            found.triangle[row, -1] = day.settled
    return found


def _newest(seen: Seen, most: int) -> dict[dt.date, Day]:
    early = {day: said for day, said in seen.days.items() if said.early}
    settled = [day for day, said in early.items() if said.settled is not None]
    since = settled[-most] if len(settled) > most else dt.date.min
    return {day: said for day, said in early.items() if day >= since}


def _reports(days: Mapping[dt.date, Day]) -> int:
    settled = ((day, said) for day, said in days.items() if said.settled is not None)
    return len({day + dt.timedelta(one.delay) for day, said in settled for one in said.early})


def _firsts(settled: Sequence[Day], least: int) -> tuple[int, ...]:
    """Delays are joined from 0 on, until enough days were seen; what is left belongs to the last rung. A day
    that several reports have seen is one."""
    at: list[set[int]] = [set() for _ in range(HORIZON)]
    for place, day in enumerate(settled):
        for said in day.early:
            if said.new is not None:
                at[said.delay].add(place)
    firsts, first, found = [], 0, set[int]()
    for delay, seen in enumerate(at):
        found |= seen
        if len(found) >= least:
            firsts.append(first)
            first, found = delay + 1, set()
    return tuple(firsts)
