"""Rt where a source repeats its last count on days without a report, and where there truly was no case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covid_core import rt
from covid_core.daily_cases import Reports, new_cases
from covid_core.logged import Logged
from covid_core.repeats import judged
from covid_core.replay import rows_of
from covid_core.reproduction import Estimate, estimates
from covid_core.rt import RtNote
from tests.unit.core.test_formats_real import jhu
from tests.unit.core.test_replay import needs_data

NAN: Final = float("nan")
DAILY: Final = [20.0 * day for day in range(100)]
"""Cumulative cases of a source that reports every day."""


def reports(counts: Sequence[float]) -> Reports:
    size = len(counts)
    return Reports(np.array(counts, np.float64), np.ones(size, np.bool_), np.zeros(size, np.int8))


def said(counts: Sequence[float]) -> list[Estimate]:
    """Every day's, with nothing known before the first."""
    return estimates(reports([NAN] * rt.REACH + list(counts)), rt.DEFAULT_INTERVAL)


def notes(counts: Sequence[float]) -> list[str | None]:
    return [one.note for one in said(counts)]


def gathering(gaps: Sequence[int]) -> list[float]:
    """`DAILY`, and then as many cases a day, reported together after each of these numbers of days."""
    counts = list(DAILY)
    for gap in gaps:
        counts += [counts[-1]] * (gap - 1) + [counts[-1] + 20 * gap]
    return counts


def test_weekly_reports_are_spread_and_told() -> None:
    weekly, daily = said(gathering([7, 7, 7])), said([20.0 * day for day in range(121)])
    for day in (106, 113, 120):
        assert weekly[day].note == RtNote.SPREAD
        assert weekly[day].rt == pytest.approx(daily[day].rt, rel=1e-12)
    assert weekly[:100] == daily[:100]


def test_between_two_weekly_reports_there_is_no_estimate() -> None:
    assert notes(gathering([7, 7]))[107:113] == [RtNote.NO_REPORT] * 6


def test_days_before_the_first_weekly_report_are_days_without_a_case_for_ever() -> None:
    before = said(gathering([7])[:-1])
    assert [one.note for one in before[100:]] == [None] * 6
    assert before[105].rt is not None
    assert before[105].rt < 0.3
    assert said(gathering([7, 7]))[:106] == before


def test_a_source_that_has_gathered_is_waited_for_even_if_it_comes_early() -> None:
    found = notes(gathering([7, 4, 6]))
    assert found[107:110] == [RtNote.NO_REPORT] * 3
    assert found[110] == RtNote.SPREAD
    assert found[111:116] == [RtNote.NO_REPORT] * 5
    assert found[116] == RtNote.SPREAD


def test_it_is_waited_for_no_longer_than_cases_are_spread() -> None:
    trailing = reports(gathering([7]) + [gathering([7])[-1]] * 30)
    due = judged(trailing).reports.due
    assert not due[107 : 107 + rt.SPREAD_DAYS].any()
    assert due[107 + rt.SPREAD_DAYS :].all()
    found = said(trailing.counts.tolist())[107:]
    assert {one.rt for one in found} == {None}
    assert {one.note for one in found[: rt.SPREAD_DAYS]} == {RtNote.NO_REPORT}


@pytest.mark.parametrize(("gap", "known"), [(14, True), (15, False), (28, False)])
def test_cases_of_more_than_two_weeks_are_not_known(gap: int, known: bool) -> None:
    counts = gathering([gap])
    cases = new_cases(judged(reports(counts)).reports).cases[100:]
    assert cases.tolist() == [20] * gap if known else np.isnan(cases).all()
    assert notes(counts)[-1] == (RtNote.SPREAD if known else RtNote.NO_REPORT)


def test_reports_of_every_four_weeks_have_no_estimate() -> None:
    assert {one.rt for one in said(gathering([28] * 6))[128:]} == {None}


# --- Days without a case --------------------------------------------------------------------------------


@pytest.mark.parametrize("rise", [1, rt.FEWEST_CASES - 1])
def test_a_territory_without_cases_for_weeks_has_reported_so(rise: int) -> None:
    quiet = reports([86.0] * 60 + [86.0 + rise] * 20)
    assert judged(quiet).reports.due.all()
    assert judged(quiet).hindsight == []


def test_as_many_cases_as_an_estimate_needs_were_not_all_of_the_last_day() -> None:
    found = judged(reports([86.0] * 60 + [86.0 + rt.FEWEST_CASES]))
    assert found.hindsight == [slice(1, 60)]
    assert np.flatnonzero(found.reports.due).tolist() == [0, 60]


def test_five_days_without_a_case_are_no_run() -> None:
    assert judged(reports(gathering([rt.REPEATS]))).reports.due.all()
    assert not judged(reports(gathering([rt.REPEATS + 1]))).reports.due.all()


def test_a_run_is_of_one_source_and_of_days_that_were_reported() -> None:
    whole = reports(gathering([8]))
    for changed in (
        Reports(whole.counts, whole.due, np.where(np.arange(108) < 103, 0, 1).astype(np.int8)),
        Reports(np.where(np.arange(108) == 103, NAN, whole.counts), whole.due, whole.sources),
        Reports(whole.counts, np.arange(108) != 103, whole.sources),
    ):
        assert (judged(changed).reports.due == changed.due).all()


def test_a_fall_after_repetitions_shows_nothing() -> None:
    counts = gathering([7])
    counts[-1] = counts[-2] - 100
    assert judged(reports(counts)).reports.due.all()


@given(st.lists(st.integers(-30, 60), max_size=120))
def test_a_series_without_a_run_is_as_it_was(changes: list[int]) -> None:
    if max((len(list(same)) for change, same in groupby(changes) if change == 0), default=0) >= rt.REPEATS:
        return
    given_reports = reports(np.cumsum([0, *changes]).tolist())
    found = judged(given_reports)
    assert found.hindsight == []
    assert (found.reports.due == given_reports.due).all()


BLOCKS: Final = st.lists(
    st.tuples(
        st.integers(0, 17),
        st.sampled_from([-40, 0, 1, 10, 11, 12, 60]),
        st.sampled_from(["said"] * 6 + ["blank"]),
    ),
    min_size=1,
    max_size=30,
)
"""A count is repeated on so many days, and then changes by so many cases, or is missing."""


@settings(max_examples=200, deadline=None)
@given(BLOCKS, st.data())
def test_a_part_of_the_days_says_the_same_as_all(
    blocks: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    """Also where the rise that ends a run is yet to come: no row changes when it does."""
    counts = [1_000.0 + 5 * day for day in range(30)]
    total = counts[-1]
    for repeated, change, kind in blocks:
        counts += [total] * repeated
        total += change
        counts.append(total if kind == "said" else NAN)
    whole = reports([NAN] * rt.REACH + counts)
    first = data.draw(st.integers(0, len(counts) - 1))
    last = data.draw(st.integers(first, min(first + 40, len(counts) - 1)))
    part = reports(whole.counts[first : last + 1 + rt.REACH].tolist())
    found = estimates(part, rt.DEFAULT_INTERVAL)
    assert found == estimates(whole, rt.DEFAULT_INTERVAL)[first : last + 1]


# --- Johns Hopkins --------------------------------------------------------------------------------------


@needs_data
def test_saskatchewan_of_2022_has_no_absurd_estimate_and_its_counts_are_as_published() -> None:
    """Weekly from February, every four weeks from July to October, every two weeks after."""
    records = [one for one in jhu("").records if one.region == "CA-SK"]
    rows = {row.date: row for row in rows_of("CA-SK", [Logged(one, i) for i, one in enumerate(records)])}
    assert [rows[one.date].confirmed for one in records] == [one.confirmed for one in records]
    assert rows[dt.date(2022, 8, 19)].new_confirmed == 1_524
    assert (rows[dt.date(2022, 8, 19)].rt, rows[dt.date(2022, 8, 19)].rt_note) == (None, RtNote.NO_REPORT)
    of_2022 = [row for day, row in rows.items() if day.year == 2022 and row.rt is not None]
    assert len(of_2022) > 50
    assert max(row.rt for row in of_2022 if row.rt is not None) < 3
    weekly = rows[dt.date(2022, 5, 20)]
    assert weekly.rt_note == RtNote.SPREAD
    assert weekly.rt == pytest.approx(0.8, abs=0.3)


@needs_data
def test_nunavut_had_its_first_cases_when_johns_hopkins_says() -> None:
    """No case until 6 November 2020, and then few: true days without one."""
    records = [one for one in jhu("").records if one.region == "CA-NU" and one.date.year == 2020]
    counts = [
        NAN if one.confirmed is None else float(one.confirmed)
        for one in sorted(records, key=lambda r: r.date)
    ]
    assert counts[-1] > 200
    assert judged(reports(counts)).reports.due.all()
