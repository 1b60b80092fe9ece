"""From rows to what a chart shows."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from covid_charts.series import METRICS, Correction, Part, Run, columns, series
from covid_charts.words import Gap
from covid_core.rows import NAMES, Row

FIRST = dt.date(2021, 1, 1)


def row(day: int, **cells: Any) -> Row:
    """A row of the day so many days after the first."""
    return Row("phac", "CA-ON", FIRST + dt.timedelta(days=day), **cells)


def numbers(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def test_one_number_a_day_in_any_order_of_the_rows() -> None:
    shown = series([row(2, confirmed=7), row(0, confirmed=0), row(1, confirmed=5)], "confirmed")
    assert (shown.source, shown.region, shown.first, shown.last) == (
        "phac",
        "CA-ON",
        FIRST,
        FIRST + dt.timedelta(days=2),
    )
    assert numbers(shown.values) == [0, 5, 7]
    assert (shown.average, shown.gaps, shown.corrections) == (None, (), ())


def test_every_reason_why_a_day_has_no_number_of_its_own() -> None:
    rows = [
        row(0, confirmed=5),
        row(1, confirmed_status="missing"),
        row(2, confirmed_status="suppressed"),
        row(3, confirmed_status="suppressed"),
        row(4, confirmed_status="ended"),
        row(5, confirmed_status="not_due"),
        row(6, confirmed=5, confirmed_status="not_due"),
        row(7, deaths=1),
        row(9, confirmed=9),
    ]
    shown = series(rows, "confirmed")
    assert numbers(shown.values) == [5, None, None, None, None, None, 5, None, None, 9]
    assert shown.gaps == (
        Run(Gap.MISSING, 1, 1),
        Run(Gap.SUPPRESSED, 2, 2),
        Run(Gap.ENDED, 4, 1),
        Run(Gap.NOT_DUE, 5, 2),
        Run(Gap.NO_REPORT, 7, 2),
    )


def test_a_metric_that_its_counts_do_not_define() -> None:
    rows = [row(0, confirmed=5), row(1, confirmed=5, doubling_time=3.5), row(2, confirmed_status="missing")]
    assert series(rows, "doubling_time").gaps == (Run(Gap.UNDEFINED, 0, 1), Run(Gap.MISSING, 2, 1))


def test_a_metric_of_several_counts_has_the_status_of_the_one_that_lacks() -> None:
    rows = [
        row(0, confirmed=5, deaths=1, recovered_status="ended"),
        row(1, confirmed=5, deaths=1, recovered=2, active=2, recovered_status="not_due"),
    ]
    assert series(rows, "active").gaps == (Run(Gap.ENDED, 0, 1), Run(Gap.NOT_DUE, 1, 1))


def test_new_counts_have_their_average_and_their_decreases() -> None:
    rows = [
        row(0, confirmed=9, new_confirmed=2, avg7_confirmed=1.5),
        row(1, confirmed=5, new_confirmed=-4, avg7_confirmed=0.5),
    ]
    shown = series(rows, "new_confirmed")
    assert shown.average is not None
    assert numbers(shown.average) == [1.5, 0.5]
    assert shown.corrections == (Correction(1, -4),)
    assert series(rows, "confirmed").corrections == (Correction(1, -4),)
    assert series(rows, "avg7_confirmed").corrections == ()


def test_whose_number_it_was_and_when() -> None:
    rows = [
        row(0, confirmed=1, confirmed_source="jhu"),
        row(1, confirmed=1, new_confirmed=0, confirmed_source="phac"),
        row(2, confirmed_source="phac"),
        row(3, confirmed=1, confirmed_source="phac"),
        row(10, confirmed=1, avg7_confirmed=0, confirmed_source="phac-weekly"),
    ]
    day = [FIRST + dt.timedelta(days=i) for i in range(11)]
    assert series(rows, "confirmed").parts == (
        Part("jhu", day[0], day[0]),
        Part("phac", day[1], day[3]),
        Part("phac-weekly", day[10], day[10]),
    )
    assert series(rows, "new_confirmed").parts == (
        Part("phac", day[1], day[1]),
        Part("phac-weekly", day[10], day[10]),
    )


def test_a_deleted_row_is_no_row() -> None:
    rows = [row(0, confirmed=1), row(1, deleted=True), row(2, confirmed=3), row(3, deleted=True)]
    shown = series(rows, "confirmed")
    assert numbers(shown.values) == [1, None, 3]
    assert shown.gaps == (Run(Gap.NO_REPORT, 1, 1),)


@pytest.mark.parametrize("rows", [[], [row(0, deleted=True)]])
def test_nothing_to_draw(rows: list[Row]) -> None:
    with pytest.raises(ValueError, match="no rows"):
        series(rows, "confirmed")


def test_rows_of_two_regions() -> None:
    with pytest.raises(ValueError, match="one source and region"):
        series([row(0), Row("phac", "CA-QC", FIRST)], "confirmed")


@pytest.mark.parametrize("metric", METRICS)
def test_no_other_columns_than_those_named_are_looked_at(metric: str) -> None:
    full = dict.fromkeys(NAMES, 1) | {name: None for name in NAMES if name.endswith(("_status", "_source"))}
    key = {"source": "phac", "region": "CA-ON", "date": FIRST, "deleted": False}
    wanted = set(columns(metric))
    everything = Row(**full | key)  # type: ignore[arg-type]
    least = Row(**{name: value for name, value in (full | key).items() if name in wanted})  # type: ignore[arg-type]
    assert repr(series([least], metric)) == repr(series([everything], metric))


def test_an_unknown_metric() -> None:
    with pytest.raises(KeyError):
        columns("lineage")
    with pytest.raises(KeyError):
        series([row(0)], "lineage")
