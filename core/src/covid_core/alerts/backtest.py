"""When rules would have fired, by what was known then: the past replayed report by report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from covid_core.alerts.alert import Alert
from covid_core.alerts.known import Known
from covid_core.alerts.rules import Rule
from covid_core.alerts.turns import Turn, turns
from covid_core.logged import Logged
from covid_core.region_state import Head, advance
from covid_core.replay import Kept
from covid_core.rows import Row
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval


class Told(NamedTuple):
    """What would have been told once everything reported by `at` was known."""

    at: dt.datetime
    turns: tuple[Turn, ...]


def backtest(
    rules: Sequence[Rule], logged: Mapping[str, Sequence[Logged]], interval: SerialInterval = DEFAULT_INTERVAL
) -> Iterator[Told]:
    """What the rules would have told at each moment at which something was reported, oldest first.

    `logged`: validated records by region, in any order, of every region that a rule covers. Rows are those
    that the streaming job would have sent; `interval`: the serial interval of Rt. Costs as many steps as
    there are distinct moments.
    """
    known = Known(rules)
    regions = {region: _Region(region, interval) for region in logged}
    told: dict[str, Alert] = {}
    steps: dict[dt.datetime, dict[str, list[Logged]]] = {}
    for region, records in logged.items():
        for one in records:
            steps.setdefault(one.reported_at, {}).setdefault(region, []).append(one)
    for at in sorted(steps):
        for region, step in steps[at].items():
            for one in step:
                known.report(one)
            known.take(regions[region].advance(step))
        happened = tuple(turns(told, known))
        told |= {turn.after.id: turn.after for turn in happened if turn.after is not None}
        yield Told(at, happened)


class _Region:
    def __init__(self, region: str, interval: SerialInterval) -> None:
        self._region = region
        self._interval = interval
        self._head, self._chunks = Head(), Kept()
        self._step = 0

    def advance(self, step: Sequence[Logged]) -> Sequence[Row]:
        # Not in the order of the log: the revision need not grow, so the generation does.
        self._step += 1
        self._head, rows = advance(
            self._region, self._head, self._chunks, step, self._step, interval=self._interval
        )
        return rows
