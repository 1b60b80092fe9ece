"""Explained numbers: what is written can be redone, and comes to what the row says."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from covid_core import rt
from covid_core.catalog.measures import MEASURES
from covid_core.explain import days_of, explain, measure_of
from covid_core.regions import population
from covid_core.replay import rows_of
from covid_core.rows import Row
from tests.unit.core import random_logs

DAY = dt.date(2021, 1, 8)


def redone(arithmetic: str) -> float:
    """What the text comes to, by Python."""
    text = arithmetic
    for written, python in (("100,000", "100000"), ("·", "*"), ("−", "-"), ("ln 2", "ln(2)")):
        text = text.replace(written, python)
    assert re.fullmatch(r"[\d\s.()+*/ln-]+", text), text
    return float(eval(text, {"ln": math.log}))


def series(**counts: list[int | None]) -> Mapping[dt.date, Row]:
    length = max(map(len, counts.values()))
    rows = {}
    for n in range(length):
        date = DAY - dt.timedelta(days=length - 1 - n)
        said = {name: values[n] for name, values in counts.items()}
        rows[date] = Row("phac", "CA-ON", date, revision=1, **said)  # type: ignore[arg-type]
    return rows


@settings(max_examples=20, deadline=None)
@given(random_logs.logs())
def test_the_arithmetic_comes_to_the_value(log: list[object]) -> None:
    logged = random_logs.logged(log)  # type: ignore[arg-type]
    for region in random_logs.REGIONS:
        rows: dict[str, dict[dt.date, Row]] = {}
        for row in rows_of(region, [one for one in logged if one.record.region == region]):
            rows.setdefault(row.source, {})[row.date] = row
        for of in rows.values():
            for date, row in of.items():
                for measure in MEASURES:
                    found = explain(measure, date, of, population(region))
                    assert found.value == (None if row.deleted else getattr(row, measure.column))
                    assert (found.value is None) == (found.reason is not None)
                    # Rt's formula sums over so many days that its inputs alone are listed.
                    assert (found.arithmetic is None) == (found.value is None or measure.column in rt.COLUMNS)
                    if found.arithmetic is not None:
                        assert redone(found.arithmetic) == pytest.approx(found.value, rel=1e-9)


def test_the_text_names_each_number() -> None:
    rows = series(confirmed=[100, 110, 120, 130, 140, 150, 160, 200])
    given_row = Row("phac", "CA-ON", DAY, confirmed=200, incidence_7d=0.6, avg7_confirmed=100 / 7, revision=1)
    rows = {**rows, DAY: given_row}
    assert explain(measure_of("avg7_confirmed"), DAY, rows, None).arithmetic == "(200 − 100) / 7"
    found = explain(measure_of("incidence_7d"), DAY, rows, 1_000)
    assert found.arithmetic == "100,000 · (200 − 100) / 1000"
    assert [(one.date, one.value) for one in found.inputs] == [(DAY, 200), (DAY - dt.timedelta(days=7), 100)]
    assert days_of(found.measure, DAY) == (DAY, DAY - dt.timedelta(days=7))


def test_what_is_missing_is_said() -> None:
    rows = series(confirmed=[None, 20], deaths=[1, 2])
    yesterday = DAY - dt.timedelta(days=1)
    reason = explain(measure_of("new_confirmed"), DAY, rows, None).reason
    assert reason == f"confirmed of {yesterday} is not known: no number was reported"
    reason = explain(measure_of("avg7_deaths"), DAY, rows, None).reason
    assert reason == f"deaths of {DAY - dt.timedelta(days=7)} is not known: there is no row"
    assert explain(measure_of("incidence"), DAY, rows, None).reason == "the region has no population"
    sources = {"confirmed_source": "phac", "deaths_source": "jhu"}
    mixed = {DAY: Row("merged", "CA", DAY, confirmed=1, deaths=1, **sources)}
    reason = explain(measure_of("case_fatality_ratio"), DAY, mixed, None).reason
    assert reason == "its counts are of different sources (jhu, phac), which are never mixed"
    with pytest.raises(LookupError, match="no measure 'r0'; there are confirmed"):
        measure_of("r0")


def test_a_missing_rt_has_the_reason_of_its_note() -> None:
    rows = {DAY: Row("phac", "CA-ON", DAY, confirmed=200, rt_note="few_cases", revision=1)}
    reason = explain(measure_of("rt"), DAY, rows, None).reason
    assert reason == "There is no Rt: with so few cases within 7 days chance alone decides."
