"""What a refused part of a time series costs: its cell or row, and every sum that it belongs to."""

from __future__ import annotations

import pytest

from covid_core.records import Status
from tests.unit.core.jhu.files import CONFIRMED, DAYS, DEATHS, of_canada
from tests.unit.core.publishers_files import by_id, read, refused, series


def test_a_wrong_cell_costs_its_day_and_the_days_sum_only() -> None:
    parsed = read({CONFIRMED: series(DAYS, of_canada(Ontario=("x", 20)))})
    found = by_id(parsed)
    assert "jhu:CA-ON:2020-01-22" not in found
    assert "jhu:CA:2020-01-22" not in found, "a sum without one of its parts would be wrong"
    assert found["jhu:CA-QC:2020-01-22"].confirmed == 1
    assert found["jhu:CA:2020-01-23"].confirmed == 26
    refusal = refused(parsed)
    assert (refusal.line, refusal.column, refusal.raw) == (2, "1/22/20", b"x")


@pytest.mark.parametrize(("cell", "code"), [("-3", "negative"), ("1.5", "fractional"), ("?", "bad_count")])
def test_wrong_cells_are_named(cell: str, code: str) -> None:
    parsed = read({DEATHS: series(DAYS, of_canada(Quebec=(1, cell)))})
    refusal = refused(parsed)
    assert (refusal.file, refusal.line, refusal.column, refusal.code) == (DEATHS, 3, "1/23/20", code)


def test_a_blank_cell_is_missing_and_so_is_the_sum() -> None:
    found = by_id(read({CONFIRMED: series(DAYS, of_canada(Ontario=("", "12.0")))}))
    assert found["jhu:CA-ON:2020-01-22"].status == {"confirmed": Status.MISSING}
    assert found["jhu:CA:2020-01-22"].status == {"confirmed": Status.MISSING}
    assert found["jhu:CA-ON:2020-01-23"].confirmed == 12


def test_an_unknown_place_costs_its_row_and_its_countrys_sum() -> None:
    rows = {**of_canada(), ("Canada", "Atlantis"): (1, 1), ("Narnia", ""): (1, 1), ("US", ""): (5, 5)}
    parsed = read({CONFIRMED: series(DAYS, rows)})
    regions = {record.region for record in parsed.records}
    assert regions == {"CA-ON", "CA-QC", "CA-XD", "CA-XR", "US"}
    assert [(r.code, r.line, r.column) for r in parsed.refusals] == [
        ("unknown_region", 6, "Province/State"),
        ("unknown_region", 7, "Country/Region"),
    ]


def test_a_truncated_file_loses_its_last_row_and_the_sum() -> None:
    text = series(DAYS, of_canada())
    parsed = read({CONFIRMED: text[: text.rindex(",")]})
    assert {record.region for record in parsed.records} == {"CA-ON", "CA-QC", "CA-XD"}
    assert (refused(parsed).code, refused(parsed).line) == ("wrong_width", 5)


def test_a_file_cut_within_a_name_loses_every_sum_it_may_belong_to() -> None:
    text = series(DAYS, {("Australia", "Victoria"): (1, 1), **of_canada()})
    parsed = read({CONFIRMED: text[: text.rindex("nada")]})
    assert not {"CA", "AU"} & {record.region for record in parsed.records}
    assert {"AU-VIC", "CA-ON"} <= {record.region for record in parsed.records}


@pytest.mark.parametrize(("cut", "left"), [("1234", "1234"), ("123", None), ("1", None), ("", None)])
def test_a_file_cut_within_its_last_count_is_noticed(cut: str, left: str | None) -> None:
    """1,200, then 1,234, of which digits may be missing where the file ends without a line end."""
    text = series(DAYS, {("US", ""): (1200, cut)}).rstrip("\n")
    parsed = read({CONFIRMED: text})
    shown = {record.date.day: record.confirmed for record in parsed.records}
    assert shown == ({22: 1200, 23: int(left)} if left else {22: 1200})
    assert [refusal.code for refusal in parsed.refusals] == ([] if left else ["cut"])
    # With a line end the fall is a correction.
    assert list(read({CONFIRMED: text + "\n"}).refusals) == []


def test_rows_that_one_file_lacks_spoil_the_sum_of_both() -> None:
    confirmed, deaths = of_canada(), of_canada()
    del deaths["Canada", "Quebec"]
    parsed = read({CONFIRMED: series(DAYS, confirmed), DEATHS: series(DAYS, deaths)})
    assert "CA" not in {record.region for record in parsed.records}
    assert by_id(parsed)["jhu:CA-QC:2020-01-22"].confirmed == 1
    refusal = refused(parsed)
    assert (refusal.code, refusal.file) == ("incomplete_country", DEATHS)
    assert "Quebec, Canada" in refusal.reason


def test_the_same_row_twice_counts_once_and_another_is_refused() -> None:
    text = series(DAYS, of_canada())
    ontario = text.splitlines()[1]
    assert by_id(read({CONFIRMED: f"{text}{ontario}\n"}))["jhu:CA:2020-01-22"].confirmed == 4
    parsed = read({CONFIRMED: f"{text}{ontario}9\n"})
    assert (refused(parsed).code, refused(parsed).line) == ("duplicate", 6)
    assert by_id(parsed)["jhu:CA-ON:2020-01-23"].confirmed == 2
