"""The metrics: one vectorised definition for the stream, the batch jobs and as-of queries.

All functions take a *window*: a contiguous grid of n days. Counts are cumulative and null where the
source gave no number; days of the grid before the first wanted one only serve as the other end of a
difference (`LOOKBACK` of them are enough).

The effective reproduction number is a metric too; its arithmetic stands apart, in `reproduction`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from covid_core import rt
from covid_core.records import FIELDS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

DEFINITION: Final = 4
"""Raised with any change of a metric's definition; a new generation of all rows follows."""

LOOKBACK: Final = 7
"""Days before a day that its metrics look at."""

DEPENDENT_DAYS: Final[Mapping[str, Sequence[int]]] = MappingProxyType(
    {name: range(rt.REACH + 1) if name == "confirmed" else (0, 1, LOOKBACK) for name in FIELDS}
)
"""By field: its count of day d is an input of the metrics of the days d + k, for these k."""

PER: Final = 100_000
"""Incidence is given per this many inhabitants."""

INPUTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **{f"new_{name}": (name,) for name in FIELDS},
        **{f"avg7_{name}": (name,) for name in FIELDS},
        "active": ("confirmed", "deaths", "recovered"),
        "incidence": ("confirmed",),
        "incidence_7d": ("confirmed",),
        "case_fatality_ratio": ("confirmed", "deaths"),
        "positivity_7d": ("confirmed", "tests"),
        "doubling_time": ("confirmed",),
        **dict.fromkeys(rt.COLUMNS, ("confirmed",)),
    }
)
"""The counts that each metric is computed from."""

_CONFIRMED, _DEATHS, _RECOVERED, _TESTS = range(len(FIELDS))


class Window(Struct, frozen=True):
    """Counts of one region on a grid of n days.

    `counts`: float64 (4, n), NaN where null, rows in the order of `FIELDS`.
    `sources`: int8 (4, n), which source each count is from; only equal codes may be combined.
    """

    counts: Floats
    sources: Codes


def new(window: Window, field: int) -> Floats:
    """New counts of each day, signed: C(t) - C(t-1), persons (or tests) per day. A negative is a correction.

    Reference: WHO, COVID-19 surveillance definitions, "new cases" as difference of cumulative counts.
    """
    return _difference(window, field, 1)


def average(window: Window, field: int) -> Floats:
    """7-day average of new counts, (C(t) - C(t-7)) / 7, persons (or tests) per day.

    Reference: PHAC Health Infobase data dictionary, `avgtotal_last7`.
    """
    return _difference(window, field, LOOKBACK) / LOOKBACK


def active(window: Window) -> Floats:
    """Active cases C - D - R, persons; null when recovered is null.

    Reference: PHAC Health Infobase data dictionary, `numactive`.
    """
    c, d, r = (window.counts[i] for i in (_CONFIRMED, _DEATHS, _RECOVERED))
    result: Floats = np.where(_same_source(window, (_CONFIRMED, _DEATHS, _RECOVERED)), c - d - r, np.nan)
    return result


def incidence(window: Window, population: int | None) -> Floats:
    """Cumulative incidence, C per 100,000 inhabitants; null without a population.

    Reference: Last, A Dictionary of Epidemiology, "incidence proportion".
    """
    result: Floats = window.counts[_CONFIRMED] * _per_inhabitants(population)
    return result


def incidence_7d(window: Window, population: int | None) -> Floats:
    """7-day incidence, (C(t) - C(t-7)) per 100,000 inhabitants and 7 days.

    Reference: ECDC, 7-day case notification rate.
    """
    return _difference(window, _CONFIRMED, LOOKBACK) * _per_inhabitants(population)


def case_fatality_ratio(window: Window) -> Floats:
    """Case fatality ratio D / C, dimensionless; null while C is 0.

    Reference: WHO, Estimating mortality from COVID-19 (2020), crude case fatality ratio.
    """
    c, d = window.counts[_CONFIRMED], window.counts[_DEATHS]
    ok = _same_source(window, (_CONFIRMED, _DEATHS)) & (c > 0)
    return _divide(d, c, ok)


def positivity_7d(window: Window) -> Floats:
    """Test positivity: 7-day new confirmed / 7-day new tests, dimensionless; null unless tests grew.

    Reference: WHO, Public health criteria to adjust public health and social measures (2020).
    """
    cases = _difference(window, _CONFIRMED, LOOKBACK)
    tests = _difference(window, _TESTS, LOOKBACK)
    ok = _same_source(window, (_CONFIRMED, _TESTS)) & (tests > 0) & ~np.isnan(cases)
    return _divide(cases, tests, ok)


def doubling_time(window: Window) -> Floats:
    """Doubling time of confirmed cases, 7 ln 2 / ln(C(t) / C(t-7)), days; null unless growing.

    Reference: Anderson & May, Infectious Diseases of Humans (1991), exponential growth.
    """
    now = window.counts[_CONFIRMED]
    before = now - _difference(window, _CONFIRMED, LOOKBACK)
    ok = (before > 0) & (now > before)
    ratio = np.where(ok, _divide(now, before, ok), 1.0)
    return _divide(np.full_like(now, LOOKBACK * math.log(2)), np.log(ratio), ok)


def compute(window: Window, population: int | None) -> dict[str, Floats]:
    """All metrics of a window by column name (see `rows.METRICS`), float64 (n,), NaN where null.

    All but Rt, which looks at so many more days (`reproduction`).
    """
    with np.errstate(invalid="ignore"):
        return {
            **{f"new_{name}": new(window, i) for i, name in enumerate(FIELDS)},
            **{f"avg7_{name}": average(window, i) for i, name in enumerate(FIELDS)},
            "active": active(window),
            "incidence": incidence(window, population),
            "incidence_7d": incidence_7d(window, population),
            "case_fatality_ratio": case_fatality_ratio(window),
            "positivity_7d": positivity_7d(window),
            "doubling_time": doubling_time(window),
        }


def _difference(window: Window, field: int, days: int) -> Floats:
    """C(t) - C(t-days); null on the first days, at a missing end, and where the ends' sources differ."""
    counts, sources = window.counts[field], window.sources[field]
    result = _nulls(counts)
    if counts.size > days:
        same = sources[days:] == sources[:-days]
        result[days:] = np.where(same, counts[days:] - counts[:-days], np.nan)
    return result


def _divide(numerator: Floats, denominator: Floats, where: Bools) -> Floats:
    """The quotient, null elsewhere than `where`."""
    result: Floats = np.divide(numerator, denominator, out=_nulls(numerator), where=where)
    return result


def _same_source(window: Window, fields: tuple[int, ...]) -> Bools:
    first = window.sources[fields[0]]
    same: Bools = np.logical_and.reduce([window.sources[i] == first for i in fields[1:]])
    return same


def _per_inhabitants(population: int | None) -> float:
    return PER / population if population else math.nan


def _nulls(like: Floats) -> Floats:
    return np.full(like.shape, np.nan)
