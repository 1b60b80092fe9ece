"""Metrics against values worked out by hand, and against PHAC's own columns, which nobody here wrote."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from covid_core import rt
from covid_core.formats import Input, Kind, parse
from covid_core.metrics import INPUTS, Floats, Window, compute
from covid_core.records import FIELDS, MAX_COUNT
from covid_core.regions import BY_PRUID
from covid_core.rows import METRICS, Row
from tests.unit.core.random_logs import Stores, logged

NULL = math.nan


def window(sources: Mapping[str, Sequence[int]] | None = None, **counts: Sequence[float]) -> Window:
    """A window of these series; fields not named are null, sources not named are all the same."""
    days = len(next(iter(counts.values())))
    grid = np.array([counts.get(field, [NULL] * days) for field in FIELDS], dtype=np.float64)
    codes = np.array([(sources or {}).get(field, [0] * days) for field in FIELDS], dtype=np.int8)
    return Window(grid, codes)


def metric(name: str, at: Window, population: int | None = 1_000_000) -> list[float | None]:
    return [None if math.isnan(x) else x for x in compute(at, population)[name].tolist()]


def test_every_derived_column_is_computed() -> None:
    assert {*compute(window(confirmed=[1, 2]), None), *rt.COLUMNS} == set(METRICS)


def test_the_inputs_of_each_metric_are_those_that_it_depends_on() -> None:
    full = {
        field: [float(100 * (i + 1) + day * (i + 2)) for day in range(8)] for i, field in enumerate(FIELDS)
    }
    assert set(INPUTS) == set(METRICS)
    for name in set(METRICS) - set(rt.COLUMNS):
        assert metric(name, window(**full))[-1] is not None
        needed = {field for field in FIELDS if metric(name, window(**full | {field: [NULL] * 8}))[-1] is None}
        assert set(INPUTS[name]) == needed


def test_new_is_signed_and_null_on_the_first_day_and_at_a_gap() -> None:
    at = window(confirmed=[5, 8, 6, NULL, 9, 9])
    assert metric("new_confirmed", at) == [None, 3, -2, None, None, 0]


@pytest.mark.parametrize("field", FIELDS)
def test_each_count_has_its_new_and_its_average(field: str) -> None:
    at = window(**{field: [0, 1, 3, 6, 10, 15, 21, 28, 29]})
    assert metric(f"new_{field}", at)[1:] == [1, 2, 3, 4, 5, 6, 7, 1]
    assert metric(f"avg7_{field}", at) == [None] * 7 + [4, 4]


def test_an_average_needs_only_its_two_ends() -> None:
    at = window(deaths=[10, NULL, NULL, NULL, NULL, NULL, NULL, 80])
    assert metric("avg7_deaths", at)[-1] == 10


def test_active_needs_all_three() -> None:
    at = window(confirmed=[100, 100, NULL], deaths=[3, 3, 3], recovered=[60, NULL, 60])
    assert metric("active", at) == [37, None, None]


def test_active_is_exact_of_the_largest_counts() -> None:
    at = window(confirmed=[0, MAX_COUNT], deaths=[MAX_COUNT, 0], recovered=[MAX_COUNT - 1, 1])
    assert metric("active", at) == [1 - 2 * MAX_COUNT, MAX_COUNT - 1]


def test_incidence_counts_per_100_000() -> None:
    at = window(confirmed=[100, 0, 0, 0, 0, 0, 0, 850])
    assert metric("incidence", at, 1_000_000)[0] == pytest.approx(10)
    assert metric("incidence_7d", at, 1_000_000)[-1] == pytest.approx(75)
    assert metric("incidence", at, None) == metric("incidence_7d", at, None) == [None] * 8


def test_case_fatality_is_null_while_there_is_no_case() -> None:
    at = window(confirmed=[0, 200, 200, NULL], deaths=[0, 3, NULL, 3])
    assert metric("case_fatality_ratio", at) == [None, 0.015, None, None]


@pytest.mark.parametrize(("tests", "expected"), [(3000, 0.05), (1000, None), (900, None), (NULL, None)])
def test_positivity_is_null_unless_tests_grew(tests: float, expected: float | None) -> None:
    at = window(confirmed=[50, *[NULL] * 6, 150], tests=[1000, *[NULL] * 6, tests])
    assert metric("positivity_7d", at)[-1] == expected


def test_positivity_keeps_the_sign_of_a_correction() -> None:
    at = window(confirmed=[150, *[NULL] * 6, 50], tests=[1000, *[NULL] * 6, 3000])
    assert metric("positivity_7d", at)[-1] == -0.05


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (100, 200, 7),
        (100, 400, 3.5),
        (100, 110, 50.907786),  # 7 × 0.69314718 / 0.09531018
        (100, 100, None),
        (100, 90, None),
        (0, 10, None),
        (NULL, 10, None),
        (10, NULL, None),
    ],
)
def test_doubling_time(before: float, now: float, expected: float | None) -> None:
    found = metric("doubling_time", window(confirmed=[before, *[NULL] * 6, now]))[-1]
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-6))


SWITCH = [0] * 4 + [1] * 5
"""Sources of nine days: another from the fifth on."""


def test_a_difference_has_both_ends_from_one_source() -> None:
    at = window({"confirmed": SWITCH}, confirmed=[1, 2, 3, 4, 50, 60, 70, 80, 90])
    assert metric("new_confirmed", at) == [None, 1, 1, 1, None, 10, 10, 10, 10]
    assert metric("avg7_confirmed", at)[-2:] == [None, None]
    assert metric("incidence_7d", at)[-2:] == [None, None]
    assert metric("doubling_time", at)[-2:] == [None, None]
    assert None not in metric("incidence", at)


def test_a_ratio_has_all_inputs_from_one_source() -> None:
    at = window(
        {"deaths": [1] * 8, "tests": [1] * 8},
        confirmed=[10.0 * 2**i for i in range(8)], deaths=[1] * 8, recovered=[1] * 8,
        tests=[100.0 * 2**i for i in range(8)],
    )  # fmt: skip
    for name in ("active", "case_fatality_ratio", "positivity_7d"):
        assert metric(name, at)[-1] is None, name
    same = Window(at.counts, np.zeros_like(at.sources))
    for name in ("active", "case_fatality_ratio", "positivity_7d"):
        assert metric(name, same)[-1] is not None, name


def test_a_short_window_has_no_differences() -> None:
    found: dict[str, Floats] = compute(window(confirmed=[5]), 1000)
    assert np.isnan(found["new_confirmed"]).all() and np.isnan(found["avg7_confirmed"]).all()


# -- PHAC's own columns ---


@pytest.fixture(scope="module")
def phac() -> list[tuple[dict[str, str], Row]]:
    """Each line of the newest daily file, with our row for it."""
    folder = os.environ.get("COVID_DATA_DIR")
    if not folder:
        pytest.skip("COVID_DATA_DIR is not set")
    path = Path(folder) / "phi" / "covid19-download_2022-06-05.csv"
    content = path.read_bytes()
    stores = Stores()
    stores.apply(logged(parse(Kind.PHAC_DAILY, [Input(path.name, io.BytesIO(content))]).records))
    by_key = {(row.region, row.date.isoformat()): row for row in stores.rows.values() if row.source == "phac"}
    lines = csv.DictReader(content.decode("utf-8-sig").splitlines())
    return [(line, by_key[BY_PRUID[int(line["pruid"])], line["date"]]) for line in lines]


def agreement(
    phac: Sequence[tuple[dict[str, str], Row]],
    theirs: str,
    ours: Callable[[Row], float | None],
    within: float = 0,
) -> tuple[int, int, set[str]]:
    """How many lines agree, how many both give, and the months of those that do not."""
    both = [(float(line[theirs]), x, line["date"]) for line, row in phac if (x := ours(row)) is not None]
    apart = [date for their, our, date in both if abs(their - our) > within + 1e-9]
    return len(both) - len(apart), len(both), {date[:7] for date in apart}


def test_new_confirmed_is_phacs_numtoday(phac: list[tuple[dict[str, str], Row]]) -> None:
    assert agreement(phac, "numtoday", lambda row: row.new_confirmed) == (12_269, 12_269, set())


def test_incidence_is_phacs_ratetotal(phac: list[tuple[dict[str, str], Row]]) -> None:
    given = [(line, row) for line, row in phac if line["ratetotal"]]
    # The file rounds to two digits.
    assert agreement(given, "ratetotal", lambda row: row.incidence, 0.01) == (11_495, 11_495, set())


def test_seven_days_are_phacs(phac: list[tuple[dict[str, str], Row]]) -> None:
    """The rest is March 2020, where the file's dates are sparse."""

    def week(average: float | None) -> float | None:
        return None if average is None else average * 7

    march = {"2020-03"}
    cases = agreement(phac, "numtotal_last7", lambda row: week(row.avg7_confirmed))
    assert cases == (12_158, 12_185, march)
    averages = agreement(phac, "avgtotal_last7", lambda row: row.avg7_confirmed, 0.005)
    assert averages == (12_158, 12_185, march)
    deaths = agreement(phac, "numdeaths_last7", lambda row: week(row.avg7_deaths))
    assert deaths == (12_183, 12_185, march)
