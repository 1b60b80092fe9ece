"""The oracle's Rt: Cori et al. (2013) once more, written from the paper and from `docs/adr/0013`
and `docs/adr/0019`.

It shares no code and no constant with the stream. Where the stream weighs each case by how often it counts in
a window, this convolves the new cases with the serial interval, day by day.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import gamma

Floats = npt.NDArray[np.float64]

NAMES: Final = ("rt", "rt_lower", "rt_upper", "rt_note")

_ASKED: Final = """
    WITH said AS (
        SELECT source, region, date, date - DATE '1970-01-01' AS day, confirmed::DOUBLE AS confirmed, deleted,
            confirmed IS NOT NULL AND confirmed_status IS DISTINCT FROM 'not_due' AS reported,
            coalesce(confirmed_source, '') AS publisher
        FROM measured
    ),
    stepped AS (
        -- The rise since the day before; null where one of the two is no report, or of another publisher.
        SELECT *,
            CASE WHEN reported AND lag(reported) OVER series AND lag(day) OVER series = day - 1
                AND lag(publisher) OVER series = publisher THEN confirmed - lag(confirmed) OVER series END
                AS rise
        FROM said WINDOW series AS (PARTITION BY source, region ORDER BY day)
    ),
    -- A run: a day, and those that repeat its count.
    numbered AS (
        SELECT *, count(*) FILTER (rise IS DISTINCT FROM 0) OVER series AS run
        FROM stepped WINDOW series AS (PARTITION BY source, region ORDER BY day)
    ),
    runs AS (
        SELECT source, region, run, min(day) AS first_day, count(*) - 1 AS repeats, arg_min(rise, day) AS rise
        FROM numbered GROUP BY ALL
    ),
    gathered AS (
        SELECT source, region, run, first_day,
            coalesce(rise >= 11 AND lag(repeats) OVER series >= 6, false) AS gathered
        FROM runs WINDOW series AS (PARTITION BY source, region ORDER BY run)
    ),
    followed AS (
        SELECT *,
            max(first_day) FILTER (gathered) OVER series AS last_gathered,
            coalesce(lead(gathered) OVER series, false) AS gathers_next
        FROM gathered WINDOW series AS (PARTITION BY source, region ORDER BY run)
    )
    SELECT source, region, date, day, confirmed, publisher, deleted,
        reported AND NOT (repeating AND coalesce(day - last_gathered <= 14, false)) AS reported,
        repeating AND gathers_next AND coalesce(day - last_gathered > 14, true) AS repeated, run
    FROM (SELECT *, coalesce(rise = 0, false) AS repeating FROM numbered)
        JOIN followed USING (source, region, run)
    ORDER BY source, region, date
"""
"""`reported` is what was so on the day itself; that a count was only `repeated` is seen by the rise that ends
the run."""
_ROUNDING: Final = 1e-6
"""Persons; spread cases are fractions."""
_LONG: Final = 200
"""Days; more than an estimate looks back."""


def reproduction(connection: duckdb.DuckDBPyConnection, mean: float, sd: float) -> pa.Table:
    """Source, region, date and the four columns, for each row of the table `measured`. `mean`, `sd`: of the
    serial interval, in days."""
    rows = connection.sql(_ASKED).to_arrow_table()
    weights = _serial_interval(mean, sd)
    keys = list(zip(rows["source"].to_pylist(), rows["region"].to_pylist(), strict=True))
    starts = [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
    days = rows["day"].to_numpy()
    counts = rows["confirmed"].to_numpy(zero_copy_only=False)
    reported = rows["reported"].to_numpy(zero_copy_only=False).astype(bool)
    repeated = rows["repeated"].to_numpy(zero_copy_only=False).astype(bool)
    runs = rows["run"].to_numpy()
    publishers = rows["publisher"].to_pylist()
    found = np.full((3, len(keys)), np.nan)
    notes: list[str | None] = [None] * len(keys)
    cases, infectors = np.zeros(len(keys)), np.zeros(len(keys))
    for start, stop in pairwise([*starts, len(keys)]):
        own = slice(start, stop)
        known = reported[own] & ~repeated[own]
        series = _Series(days[own], counts[own], known, publishers[own])
        notes[own], cases[own], infectors[own] = series.judged(weights)
        for run in np.unique(runs[own][repeated[own]]).tolist():
            # On these days nobody knew the rise to come, and a repeated count was one.
            then = start + np.flatnonzero((runs[own] == run) & repeated[own])
            seen = slice(start + int(np.searchsorted(days[own], days[then[0]] - _LONG)), int(then[-1]) + 1)
            known = reported[seen] & (~repeated[seen] | (runs[seen] == run))
            series = _Series(days[seen], counts[seen], known, publishers[seen])
            said, cases_then, infectors_then = series.judged(weights)
            for i in then.tolist():
                at = i - seen.start
                notes[i], cases[i], infectors[i] = said[at], cases_then[at], infectors_then[at]
    shape, scale = 1 + cases, 1 / (1 / 5 + infectors)
    dead = rows["deleted"].to_numpy(zero_copy_only=False).astype(bool)
    given = np.array([note in (None, "negatives_left", "spread") for note in notes], dtype=bool) & ~dead
    found[0, given] = (shape * scale)[given]
    for i, quantile in ((1, 0.025), (2, 0.975)):
        found[i, given] = gamma.ppf(quantile, shape[given], scale=scale[given])
    numbers = [pa.array(column, pa.float64(), from_pandas=True) for column in found]
    said = pa.array([None if gone else note for note, gone in zip(notes, dead, strict=True)], pa.string())
    date = rows["day"].cast(pa.int32()).cast(pa.date32())
    return pa.table(
        [rows["source"], rows["region"], date, *numbers, said], ["source", "region", "date", *NAMES]
    )


def _serial_interval(mean: float, sd: float) -> Floats:
    """w(0) … w(60): the formula of web appendix 11, a gamma distribution shifted by a day, term by term."""
    shifted = mean - 1
    shape, scale = (shifted / sd) ** 2, sd**2 / shifted
    k = np.arange(61.0)

    def cdf(days: Floats, more: int) -> Floats:
        return np.asarray(gamma.cdf(days, shape + more, scale=scale))

    weights = (
        k * cdf(k, 0)
        + (k - 2) * cdf(k - 2, 0)
        - 2 * (k - 1) * cdf(k - 1, 0)
        + shifted * (2 * cdf(k - 1, 1) - cdf(k - 2, 1) - cdf(k, 1))
    )
    return np.asarray(np.maximum(weights, 0))


class _Series:
    """The rows of one source and region, by day; a grid of calendar days around them, 140 more before."""

    def __init__(
        self,
        days: npt.NDArray[np.int64],
        counts: Floats,
        reported: npt.NDArray[np.bool_],
        publishers: list[str],
    ) -> None:
        self._rows = days - days[0] + 140
        size = int(self._rows[-1]) + 1
        self._reported = np.zeros(size, dtype=bool)
        self._reported[self._rows] = reported
        self._new = np.full(size, np.nan)
        self._spread = np.zeros(size, dtype=bool)
        reports = [
            (int(day), float(count), publisher)
            for day, count, given, publisher in zip(self._rows, counts, reported, publishers, strict=True)
            if given
        ]
        for (before, low, one), (day, high, other) in pairwise(reports):
            if one == other and day - before <= 14:
                self._new[before + 1 : day + 1] = (high - low) / (day - before)
                self._spread[before + 1 : day + 1] = day - before > 1

    def judged(self, weights: Floats) -> tuple[list[str | None], Floats, Floats]:
        """Of each row the note, the cases of its week, and Σ Λ of its week."""
        unknown = np.isnan(self._new)
        new = np.where(unknown, 0.0, self._new)
        cases, infectors = _week(new), _week(_infectious(new, weights))
        left = np.zeros(new.size, dtype=bool)
        for day, stop in self._corrections(new):
            served = _served(new, day)[:stop]
            here = slice(day, stop)
            cases[here] = _week(served)[here]
            infectors[here] = _week(_infectious(served, weights))[here]
            for later in range(day, stop):
                left[later] = (served[max(0, later - 66) : later + 1] < -_ROUNDING).any()
        share = _week(_infectious(unknown.astype(float), weights)) / 7
        # What lies before the grid is not known either.
        blank = _week(unknown.astype(float)) > 0
        spread = _week(self._spread.astype(float)) > 0
        notes: list[str | None] = []
        for day in self._rows.tolist():
            if not self._reported[day] or blank[day]:
                notes.append("no_report")
            elif share[day] > 0.2:
                notes.append("short_history")
            elif cases[day] < 11 - _ROUNDING:
                notes.append("few_cases")
            elif infectors[day] < _ROUNDING:
                notes.append("no_infectors")
            elif left[day]:
                notes.append("negatives_left")
            else:
                notes.append("spread" if spread[day] else None)
        return notes, cases[self._rows], infectors[self._rows]

    def _corrections(self, new: Floats) -> Iterator[tuple[int, int]]:
        """Each negative day, and up to which day it is the latest that the estimates see."""
        days = [*np.flatnonzero(new < 0).tolist(), new.size]
        for day, following in pairwise(days):
            yield day, min(following, day + 67)


def _served(new: Floats, last: int) -> Floats:
    """The new cases as they are on day `last`, when each negative has been taken from its 60 days before."""
    served = new.copy()
    for day in range(last, max(0, last - 66) - 1, -1):
        if new[day] >= 0:
            continue
        owed = -new[day]
        givers = [d for d in range(max(0, day - 60), day) if served[d] > 0]
        there = sum(served[d] for d in givers)
        if owed - there > _ROUNDING:
            served[givers] = 0
            served[day] = there - owed
        else:
            served[givers] *= 1 - owed / there
            served[day] = 0
    return served


def _infectious(cases: Floats, weights: Floats) -> Floats:
    """Λ(t) = Σ w(k) I(t-k)."""
    return np.convolve(cases, weights)[: cases.size]


def _week(values: Floats) -> Floats:
    """The sum of each day and the 6 before."""
    return np.convolve(values, np.ones(7))[: values.size]
