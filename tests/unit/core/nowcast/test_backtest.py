"""Backtests of nowcasts: nothing of the future is used, and on the publishers' vintages intervals hold."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import pytest

from covid_core.formats import Parsed
from covid_core.logged import Logged
from covid_core.nowcast.backtest import FIELDS, Cell, Population, cells, coverage
from covid_core.nowcast.nowcast import nowcasts
from tests.unit.core.nowcast.reports import REGION, end_of, report
from tests.unit.core.test_formats_real import DATA, jhu, phac

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")
PHAC = ("2020-04-14", "2020-07-26", "2021-01-14", "2021-11-08", "2022-06-05")
JHU = ("vintages/2020-06-01", "vintages/2021-01-22", "")


def of(logged: list[Logged]) -> list[Cell]:
    return list(cells(logged, REGION, "phac", "confirmed"))


def test_a_cell_is_what_was_known_then_beside_what_stands_now() -> None:
    first, second = report(40, [100] * 41), report(90, [101] * 91)
    third = report(150, [101] * 85 + [107] * 66)
    found = of(first + second + third)
    assert {one.at for one in found} == {end_of(90)}
    assert [one.nowcast for one in found] == nowcasts(first + second, "phac", REGION, "confirmed")
    assert [one.later for one in found] == [101] * 8 + [107] * 6
    assert of(first + second) == []


def test_each_population_is_counted_by_itself() -> None:
    first, second = report(40, [100] * 41), report(90, [100] * 91)
    third = report(150, [100] * 85 + [103] * 66)
    found = coverage(of(first + second + third))
    everything, expected, changed = (found[each] for each in Population)
    assert (everything.cells, everything.held, everything.unchanged) == (14, 8, 8)
    assert (expected.cells, expected.share, expected.width) == (0, None, None)
    assert (changed.cells, changed.held, changed.width) == (6, 0, 0)
    assert (changed.error, changed.reported_error) == (3, 3)
    assert changed.score == changed.reported_score == pytest.approx(20 * 3)


def logged(files: Iterable[Parsed]) -> dict[str, list[Logged]]:
    found: defaultdict[str, list[Logged]] = defaultdict(list)
    for parsed in files:
        for record in parsed.records:
            found[record.region].append(Logged(record, len(found[record.region])))
    return found


def all_cells(source: str, files: Iterable[Parsed]) -> list[Cell]:
    return [
        cell
        for region, records in logged(files).items()
        for field in FIELDS
        for cell in cells(records, region, source, field)
    ]


@needs_data
def test_of_canadas_vintages_what_is_expected_to_change_is_held() -> None:
    found = coverage(all_cells("phac", (phac(vintage) for vintage in PHAC)))
    everything, expected = found[Population.ALL], found[Population.CHANGE_EXPECTED]
    assert everything.cells == 1_246
    assert everything.held >= everything.unchanged >= 1_200
    assert expected.cells >= 40
    assert expected.share is not None and expected.share >= 0.85


@needs_data
def test_of_the_worlds_vintages_the_interval_holds_at_its_level_where_it_says_more_than_the_report() -> None:
    """Ladders and factors are learnt from the vintages of 2020-06-01 and 2021-01-22; 2023-03-09 judges."""
    found = all_cells("jhu", (jhu(vintage, all_countries=True) for vintage in JHU))
    assert {one.at.date() for one in found} == {dt.date(2021, 1, 22)}
    expected = coverage(found)[Population.CHANGE_EXPECTED]
    assert expected.cells >= 200
    assert expected.share is not None and 0.85 <= expected.share <= 0.95
    assert expected.unchanged / expected.cells < 0.85
    assert expected.score is not None and expected.reported_score is not None
    assert expected.score < expected.reported_score
