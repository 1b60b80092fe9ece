"""Row 6: what one new day costs behind histories of different lengths."""

from __future__ import annotations

import copy
import datetime as dt
import time
from collections.abc import Callable
from itertools import cycle, permutations

from bench import data, wide
from bench.log import Log
from bench.measure import Pairs
from bench.results import Goal, Line
from bench.row import Scale, folder
from bench.stack import broker
from bench.tap import tapped
from covid_core import topics
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.region_state import Head, advance
from covid_core.replay import Kept

HISTORIES = {"3 months": 91, "3 years": 1_096, "100 years": 36_525}
"""Days."""
REGIONS = 4
"""Of each history; with the rows of `merged`, as Canada's have."""
EACH_ROUND = 3
CORE_DAYS = 60
LAST = dt.date(2025, 12, 31)
FIRST_YEAR = 1920
SOURCE = "phac"
_BASE = "3 months"


def measured(scale: Scale) -> list[Line]:
    """Through Spark, and in the core alone, where nothing else hides a growing cost."""
    lines = []
    for what, found in (
        (f"stream: a new day of {REGIONS} regions, from publishing to its rows", _streamed(scale)),
        ("core alone: a new day of a region", _alone(scale)),
    ):
        lines += [
            Line(
                what=f"{what}, behind {name}",
                reference=f"behind {_BASE}",
                unit="ms",
                pairs=Pairs(tuple(found[name]), tuple(found[_BASE])),
                goals=(Goal(1.1),),
            )
            for name in HISTORIES
            if name != _BASE
        ]
    return lines


def _streamed(scale: Scale) -> dict[str, list[float]]:
    codes = wide.codes(REGIONS * len(HISTORIES), "CA")
    of = {name: codes[i * REGIONS : (i + 1) * REGIONS] for i, name in enumerate(HISTORIES)}
    with folder() as place:
        environment = wide.core(place, codes, first_year=FIRST_YEAR)
        with broker(**environment) as stack, stack.running(stack.stream(**environment)):
            log = Log(stack.kafka)
            for name, length in HISTORIES.items():
                days = min(length, scale.of(length))
                first = LAST - dt.timedelta(days - 1)
                log.publish(topics.RECORDS, data.records(days * REGIONS, SOURCE, of[name], first))
            log.until_committed(topics.STREAM_GROUP, topics.RECORDS, log.ends(topics.RECORDS))
            with tapped(stack, topics.METRICS) as tap:

                def measure(name: str, number: int) -> float:
                    day = LAST + dt.timedelta(number + 1)
                    begun = time.perf_counter()
                    # More than any count before, so that no day is as the last one.
                    values = [(code, data.record(SOURCE, code, day, 10**9 + number)) for code in of[name]]
                    ends = log.publish(topics.RECORDS, values)
                    tap.wait(of[name], day.isoformat())
                    seconds = time.perf_counter() - begun
                    # The next history does not wait for the commit of this one.
                    log.until_committed(topics.STREAM_GROUP, topics.RECORDS, ends)
                    return seconds * 1e3

                measure(_BASE, 0)
                return _rounds(measure, scale.rounds * EACH_ROUND)


def _alone(scale: Scale) -> dict[str, list[float]]:
    states = {}
    for name, length in HISTORIES.items():
        chunks, first = Kept(), LAST - dt.timedelta(length - 1)
        head, _ = advance("CA-ON", Head(), chunks, map(_logged, data.days(length, first)), 1)
        states[name] = head, chunks

    def measure(name: str, number: int) -> float:
        # Of each round anew: behind 15 rounds three months would be three years.
        head, chunks = copy.deepcopy(states[name])
        begun = time.perf_counter()
        for day in data.days(CORE_DAYS, LAST + dt.timedelta(1)):
            head, _ = advance("CA-ON", head, chunks, [_logged(day)], 1)
        return (time.perf_counter() - begun) / CORE_DAYS * 1e3

    return _rounds(measure, scale.rounds * EACH_ROUND)


def _rounds(measure: Callable[[str, int], float], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each history and round, from 1; who follows whom changes from round to round."""
    found: dict[str, list[float]] = {name: [] for name in HISTORIES}
    orders = cycle(permutations(HISTORIES))
    for number, order in zip(range(1, rounds + 1), orders, strict=False):
        for name in order:
            found[name].append(measure(name, number))
    return found


def _logged(day: dt.date) -> Logged:
    ordinal = day.toordinal()
    record = Record(
        source=SOURCE,
        region="CA-ON",
        date=day,
        confirmed=ordinal,
        deaths=ordinal // 50,
        recovered=ordinal // 2,
        tests=ordinal * 20,
        reported_at=data.REPORTED,
    )
    return Logged(record, ordinal)
