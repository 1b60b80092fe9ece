"""Rt against EpiEstim's printed output, against plain loops, and its promises."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from scipy.stats import gamma

from covid_core import rt
from covid_core.daily_cases import Floats, Reports, new_cases, redistributed
from covid_core.reproduction import (
    Estimate,
    Posterior,
    discretised,
    estimates,
    posterior,
    window_sums,
    window_weights,
)
from covid_core.rt import RtNote, SerialInterval

NAN: Final = float("nan")
DEFAULT: Final = SerialInterval()


# --- EpiEstim's printed figures -------------------------------------------------------------------------

FLU_2009: Final = [
    1,
    1,
    0,
    2,
    5,
    3,
    3,
    3,
    6,
    2,
    5,
    9,
    13,
    12,
    13,
    11,
    12,
    6,
    6,
    6,
    3,
    1,
    0,
    2,
    0,
    0,
    0,
    0,
    2,
    0,
    2,
    0,
]
"""New cases a day of influenza in a school in Pennsylvania, 2009: `Flu2009$incidence` of EpiEstim, from
Cauchemez et al. (2011), doi:10.1073/pnas.1008895108."""

FLU_2009_INTERVAL: Final = [
    0.000,
    0.233,
    0.359,
    0.198,
    0.103,
    0.053,
    0.027,
    0.014,
    0.007,
    0.003,
    0.002,
    0.001,
]
"""`Flu2009$si_distr`, by days from 0."""

PRINTED: Final = list(csv.DictReader(Path(__file__).with_name("epiestim_flu2009.csv").open(encoding="utf-8")))
"""What EpiEstim prints for its data set Flu2009, windows of 7 days that end on the days 8 to 32: example 1
(`non_parametric_si`) and example 3 (`parametric_si`, mean 2.6, sd 1.5) of its `estimate_R`, from
tests/testthat/_snaps/estimate_R.md of mrc-ide/EpiEstim (commit 2ca76bb6).

Means are printed with 7 decimals and bounds with 7 or 8: to half of the last one (5e-8) they are compared.
For EpiEstim's other data sets (SARS 2003, smallpox 1972, measles 1861, influenza 1918) no printed estimates
were found in its repository or its pages, which only plot them; `test_a_plain_loop_says_the_same` stands for
those with loops of the paper's formulas.
"""


def epiestim(incidence: Sequence[int], serial: Floats) -> Posterior:
    """Of all windows but those that begin on the first day, whose cases the method takes as imported."""
    before = [0.0] * rt.HISTORY
    history = sliding_window_view(np.array([*before, *incidence], dtype=np.float64), rt.HISTORY + 1)
    return posterior(window_sums(history[rt.WINDOW :], window_weights(serial)))


@pytest.mark.parametrize(
    ("example", "serial"),
    [("1", np.array(FLU_2009_INTERVAL)), ("3", discretised(SerialInterval(mean=2.6, sd=1.5)))],
)
def test_flu_2009_is_what_epiestim_prints(example: str, serial: Floats) -> None:
    printed = [line for line in PRINTED if line["example"] == example]
    found = epiestim(FLU_2009, serial)
    assert [int(line["t_end"]) for line in printed] == list(range(8, 33))
    for values, column in zip(found, ("mean", "q025", "q975"), strict=True):
        assert values == pytest.approx([float(line[column]) for line in printed], rel=0, abs=5.1e-8), column


def test_the_serial_interval_is_what_epiestim_prints() -> None:
    """`discr_si(0:20, mu = 2.6, sigma = 1.5)` in EpiEstim's article "EpiEstim demonstration": 7 digits."""
    printed = """0.000000e+00 2.331721e-01 3.585794e-01 1.981108e-01 1.033427e-01 5.290518e-02 2.682146e-02
    1.351620e-02 6.783438e-03 3.394351e-03 1.694674e-03 8.445945e-04 4.203313e-04 2.089422e-04 1.037609e-04
    5.148480e-05 2.552773e-05 1.264952e-05 6.264667e-06 3.101068e-06 1.534394e-06"""
    found = discretised(SerialInterval(mean=2.6, sd=1.5))[:21]
    assert found == pytest.approx([float(one) for one in printed.split()], rel=5e-7)


def test_imported_cases_infect_and_are_not_infected() -> None:
    """Example 2 of EpiEstim's `estimate_R`: 11 of 19 cases are imported; printed with 7 digits."""
    local = [0, 2, 0, 0, 1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    imported = [1, 1, 1, 1, 2, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    weights = window_weights(discretised(SerialInterval(mean=2.6, sd=1.5)))
    before = [0.0] * rt.HISTORY

    def history(cases: list[int]) -> Floats:
        return sliding_window_view(np.array([*before, *cases], dtype=np.float64), rt.HISTORY + 1)[rt.WINDOW :]

    infected = window_sums(history(local), weights)
    infecting = window_sums(history([a + b for a, b in zip(local, imported, strict=True)]), weights)
    found = posterior(infected._replace(infectors=infecting.infectors))
    assert found.mean[:6] == pytest.approx(
        [0.6413590, 0.3999222, 0.3956574, 0.4170468, 0.3515432, 0.1976371], abs=5.1e-8
    )
    assert found.upper[:3] == pytest.approx([1.1965445, 0.8191677, 0.8104321], abs=5.1e-8)


# --- The same by plain loops ----------------------------------------------------------------------------


def plain(cases: Sequence[float], interval: SerialInterval, last: int) -> tuple[float, float, float]:
    """The posterior of the window that ends on day `last`, from the paper's formulas alone."""
    mean, sd = interval.mean - 1, interval.sd
    shape, scale = (mean / sd) ** 2, sd**2 / mean

    def cdf(x: float, more: int = 0) -> float:
        return float(gamma.cdf(x, shape + more, scale=scale))

    def weight(k: int) -> float:
        return (
            k * cdf(k)
            + (k - 2) * cdf(k - 2)
            - 2 * (k - 1) * cdf(k - 1)
            + mean * (2 * cdf(k - 1, 1) - cdf(k - 2, 1) - cdf(k, 1))
        )

    total, infectors = 0.0, 0.0
    for s in range(last - 6, last + 1):
        total += cases[s]
        for k in range(1, 61):
            if s - k >= 0:
                infectors += weight(k) * cases[s - k]
    a, b = 1 + total, 1 / (1 / 5 + infectors)
    return a * b, float(gamma.ppf(0.025, a, scale=b)), float(gamma.ppf(0.975, a, scale=b))


def of_cumulative(counts: Sequence[float], *, due: Sequence[bool] | None = None) -> list[Estimate]:
    """Every day's, with nothing known before the first."""
    return estimates(reports([NAN] * rt.REACH + list(counts), due=due), DEFAULT)


def reports(counts: Sequence[float], *, due: Sequence[bool] | None = None) -> Reports:
    given = [True] * len(counts) if due is None else [True] * (len(counts) - len(due)) + list(due)
    return Reports(np.array(counts), np.array(given), np.zeros(len(counts), dtype=np.int8))


@pytest.mark.parametrize(
    "interval", [DEFAULT, SerialInterval(8.4, 3.8), SerialInterval(14.9, 3.9), SerialInterval(2.6, 1.5)]
)
def test_a_plain_loop_says_the_same(interval: SerialInterval) -> None:
    """With the default, and EpiEstim's serial intervals of SARS 2003, measles 1861 and influenza 2009."""
    random = np.random.default_rng(7)
    cases = [0, *random.poisson(40 * np.exp(np.sin(np.arange(120) / 15)))]
    found = estimates(reports([NAN] * rt.REACH + np.cumsum(cases).tolist()), interval)
    for last in (80, 100, 120):
        one = found[last]
        assert one.note is None
        # The first day's cases are not known; here there were none.
        assert (one.rt, one.lower, one.upper) == pytest.approx(plain(cases, interval, last), rel=1e-9)


# --- Notes ----------------------------------------------------------------------------------------------


def test_there_is_none_before_enough_is_known() -> None:
    found = of_cumulative([100 * day for day in range(60)])
    assert [one.note for one in found[:7]] == [RtNote.NO_REPORT] * 7
    assert found[7].note == RtNote.SHORT_HISTORY
    assert found[59].note is None
    assert found[59].rt == pytest.approx(1, abs=0.01)
    assert all((one.rt is None) == (one.note in rt.NULL_NOTES) for one in found)


@pytest.mark.parametrize(("cases", "note"), [(10, RtNote.FEW_CASES), (11, None)])
def test_eleven_cases_are_enough(cases: int, note: RtNote | None) -> None:
    steady = [7 * day for day in range(60)]
    found = of_cumulative([*steady, *[steady[-1] + 1] * 6, steady[-1] + cases])[-1]
    assert found.note == note
    assert (found.rt is None) == (note is not None)


def test_cases_after_a_long_silence_have_nobody_to_be_infected_by() -> None:
    # A blank in the silence: else it would be taken for one of days without a report.
    assert of_cumulative([0] * 74 + [NAN] + [0] * 5 + [20])[-1].note == RtNote.NO_INFECTORS


def test_a_weekend_without_reports_is_spread_and_is_told() -> None:
    daily = [20 * day for day in range(70)]
    due = [True] * 70
    daily[66:68] = [daily[65]] * 2
    due[66:68] = [False] * 2
    found = of_cumulative(daily, due=due)
    assert [one.note for one in found[65:]] == [
        None,
        RtNote.NO_REPORT,
        RtNote.NO_REPORT,
        RtNote.SPREAD,
        RtNote.SPREAD,
    ]
    assert found[68].rt == pytest.approx(of_cumulative([20 * day for day in range(70)])[68].rt, rel=1e-12)


def test_reports_too_far_apart_are_not_spread() -> None:
    counts = [float(20 * day) for day in range(100)]
    counts[60:74] = [NAN] * 14
    assert np.isnan(new_cases(reports(counts)).cases[60:75]).all()
    counts[73] = 20 * 73
    assert new_cases(reports(counts)).cases[60:75].tolist() == [20] * 15


def test_a_change_of_source_is_no_difference() -> None:
    sources = np.array([0, 0, 1, 1], dtype=np.int8)
    cases, spread, _ = new_cases(Reports(np.array([1.0, 3, 500, 501]), np.ones(4, dtype=np.bool_), sources))
    assert cases[[1, 3]].tolist() == [2, 1]
    assert np.isnan(cases[[0, 2]]).all()
    assert not spread.any()


# --- Negatives ------------------------------------------------------------------------------------------


def test_a_negative_is_taken_from_the_days_before_in_proportion() -> None:
    assert redistributed(np.array([6.0, 0, 4, 2, -3, 3])).tolist() == [4.5, 0, 3, 1.5, 0, 3]


def test_what_the_days_cannot_give_is_left() -> None:
    far = redistributed(np.array([9.0, *[0] * rt.REDISTRIBUTED_DAYS, -3, 1]))
    assert far.tolist() == [9, *[0] * rt.REDISTRIBUTED_DAYS, -3, 1]
    near = redistributed(np.array([9.0, *[0] * (rt.REDISTRIBUTED_DAYS - 1), -3, 1]))
    assert near.tolist() == [6, *[0] * rt.REDISTRIBUTED_DAYS, 1]
    assert redistributed(np.array([5.0, -7, 3, -1])).tolist() == pytest.approx([0, -2.625, 2.625, 0])


def test_a_correction_does_not_break_the_trend() -> None:
    cumulative = [50.0 * day for day in range(100)]
    cumulative[90:] = [number - 400 for number in cumulative[90:]]
    found = of_cumulative(cumulative)
    assert all(one.note is None and one.rt is not None and one.rt > 0 for one in found[60:])


def test_a_correction_larger_than_all_cases_is_told() -> None:
    cumulative = [20.0 * day for day in range(200)]
    cumulative[194] = cumulative[193] - 1_000
    cumulative[195:] = [cumulative[194] + 900 * day for day in range(1, 6)]
    assert of_cumulative(cumulative)[-1].note is None
    cumulative[194] = cumulative[193] - 1_300
    cumulative[195:] = [cumulative[194] + 900 * day for day in range(1, 6)]
    assert of_cumulative(cumulative)[-1].note == RtNote.NEGATIVES_LEFT


SIGNED: Final = st.lists(st.integers(-60, 60), min_size=1, max_size=150)


@given(SIGNED)
def test_the_total_is_conserved(cases: list[int]) -> None:
    assert redistributed(np.array(cases, dtype=np.float64)).sum() == pytest.approx(sum(cases), abs=1e-4)


@given(SIGNED)
def test_nothing_is_added_and_only_days_before_a_negative_lose(cases: list[int]) -> None:
    found = redistributed(np.array(cases, dtype=np.float64)).tolist()
    negatives = [day for day, number in enumerate(cases) if number < 0]
    for day, (before, after) in enumerate(zip(cases, found, strict=True)):
        assert before - 1e-9 <= after <= 0 if before < 0 else -1e-9 <= after <= before
        if before > 0 and after < before:
            assert any(0 < negative - day <= rt.REDISTRIBUTED_DAYS for negative in negatives)


COUNTS: Final = st.lists(
    st.tuples(
        st.integers(-30, 60), st.sampled_from(["report"] * 30 + ["not_due"] * 4 + ["missing"] * 4 + ["other"])
    ),
    min_size=1,
    max_size=200,
)


@settings(max_examples=300, deadline=None)
@given(COUNTS, st.data())
def test_a_part_of_the_days_says_the_same_as_all(days: list[tuple[int, str]], data: st.DataObject) -> None:
    """Exactly, so that the stream, which computes a few days at a time, says what batch jobs say."""
    total, counts, due, sources = 1_000, [], [], []
    for change, kind in days:
        total += change if kind != "not_due" else 0
        counts.append(NAN if kind == "missing" else float(total))
        due.append(kind != "not_due")
        sources.append(int(kind == "other"))
    pad = rt.REACH
    whole = Reports(
        np.array([NAN] * pad + counts),
        np.array([True] * pad + due),
        np.array([0] * pad + sources, dtype=np.int8),
    )
    first = data.draw(st.integers(0, len(days) - 1))
    last = data.draw(st.integers(first, len(days) - 1))
    part = slice(first, last + 1 + pad)
    found = estimates(Reports(whole.counts[part], whole.due[part], whole.sources[part]), DEFAULT)
    assert found == estimates(whole, DEFAULT)[first : last + 1]


def test_a_count_matters_as_many_days_later_as_is_said_and_no_longer() -> None:
    """The count that was repeated before a gathered report: by it the last day that is waited for is none,
    the day before a gap whose cases cannot make up for a correction all of which is left."""
    first = rt.REACH
    last = first + rt.GATHERED
    counts = np.array([NAN] * first + [20.0 * day for day in range(2 * rt.REACH)])
    counts[first : first + 1 + rt.REPEATS] = counts[first]
    counts[last] = counts[last - 1]
    counts[last + 1 : last + rt.SPREAD_DAYS] = NAN
    counts[last + rt.SPREAD_DAYS + rt.REDISTRIBUTED_DAYS :] -= 5_000
    changed = counts.copy()
    changed[first] += 1
    before, after = (estimates(reports(one.tolist()), DEFAULT) for one in (counts, changed))
    moved = [day for day, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert max(moved) == rt.REACH


# --- The setting ----------------------------------------------------------------------------------------


def test_the_default_interval_is_within_the_days_that_count() -> None:
    weights = discretised(DEFAULT)
    days = np.arange(weights.size)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    assert (weights * days).sum() == pytest.approx(5.9, abs=1e-4)


@pytest.mark.parametrize(
    ("mean", "sd", "sentence"),
    [(1, 2, "above 1 day"), (5, 0, "above 0"), (40, 10, "too long"), (NAN, 1, "above 1")],
)
def test_an_impossible_interval_is_refused(mean: float, sd: float, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SerialInterval(mean, sd)
