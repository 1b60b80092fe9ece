"""The three time series: which records they become, sums, and how a count goes on or ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from covid_core.formats import FormatError, Kind, recognise
from covid_core.records import Status, validate
from tests.unit.core.jhu.files import CONFIRMED, DAYS, DEATHS, RECOVERED, of_canada
from tests.unit.core.publishers_files import NOW, by_id, read, series, source

CANADA = frozenset({"CA"})
ENDED, MISSING = Status.ENDED, Status.MISSING


def test_the_three_files_become_one_record_a_region_and_day() -> None:
    parsed = read(
        {
            CONFIRMED: series(DAYS, of_canada(Ontario=(10, 20))),
            DEATHS: series(DAYS, of_canada(Ontario=(0, 5))),
            RECOVERED: series(DAYS, {("Canada", ""): (3, 4)}),
        }
    )
    assert parsed.kind is Kind.JHU_SERIES
    found = by_id(parsed)
    ontario = found["jhu:CA-ON:2020-01-23"]
    assert (ontario.confirmed, ontario.deaths, ontario.recovered) == (20, 5, None)
    assert ontario.status == {}, "recovered has no row for Ontario, so it says nothing"
    canada = found["jhu:CA:2020-01-23"]
    assert (canada.confirmed, canada.deaths, canada.recovered) == (26, 11, 4)
    assert set(found) == {
        f"jhu:{code}:2020-01-{day}" for code in ("CA", "CA-ON", "CA-QC", "CA-XD", "CA-XR") for day in (22, 23)
    }
    assert parsed.reported_at == dt.datetime(2020, 1, 23, 23, 59, 59, tzinfo=dt.UTC)


def test_records_come_sorted_and_valid() -> None:
    rows = {("Zambia", ""): (1, 2), ("Canada", "Ontario"): (1, 2), ("Afghanistan", ""): (1, 2)}
    parsed = read({CONFIRMED: series(DAYS, rows)})
    keys = [(record.date, record.region) for record in parsed.records]
    assert keys == sorted(keys)
    assert len(keys) == 8
    for record in parsed.records:
        assert validate(record, NOW) == record


@pytest.mark.parametrize(("name", "field"), [(CONFIRMED, "confirmed"), (DEATHS, "deaths")])
def test_a_file_alone_gives_its_field_only(name: str, field: str) -> None:
    record = read({name: series(DAYS, {("Canada", "Ontario"): (7, 8)})}).records[0]
    assert {f: getattr(record, f) for f in ("confirmed", "deaths", "recovered")} == {
        "confirmed": None,
        "deaths": None,
        "recovered": None,
        field: 7,
    }


def test_the_name_must_tell_the_three_files_apart() -> None:
    for name in ("global.csv", "confirmed_and_deaths.csv"):
        with pytest.raises(FormatError, match="confirmed, deaths or recovered"):
            recognise(source(name, series(DAYS, {})))


def test_two_files_of_one_field_are_not_combined() -> None:
    text = series(DAYS, of_canada())
    with pytest.raises(FormatError) as caught:
        read({CONFIRMED: text, "confirmed (1).csv": text})
    assert caught.value.code == "same_field"


def test_files_of_different_length_give_what_they_have() -> None:
    parsed = read(
        {CONFIRMED: series(DAYS, of_canada()), DEATHS: series(DAYS[:1], dict.fromkeys(of_canada(), (9,)))}
    )
    found = by_id(parsed)
    assert found["jhu:CA:2020-01-22"].deaths == 36
    assert found["jhu:CA:2020-01-23"].deaths is None
    assert "deaths" not in found["jhu:CA:2020-01-23"].status
    assert parsed.newest == dt.date(2020, 1, 23)


def test_a_country_with_a_row_of_its_own_keeps_it_and_territories_have_their_own_code() -> None:
    rows = {("Denmark", ""): (5, 6), ("Denmark", "Greenland"): (1, 1)}
    found = by_id(read({CONFIRMED: series(DAYS, rows)}))
    assert {record.region: record.confirmed for record in found.values() if record.date.day == 22} == {
        "DK": 5,
        "GL": 1,
    }


def test_a_country_without_one_has_the_sum_of_the_rows_that_jhu_lists_under_it() -> None:
    rows = {("China", "Hubei"): (400, 500), ("China", "Hong Kong"): (2, 3)}
    found = by_id(read({CONFIRMED: series(DAYS, rows)}))
    assert found["jhu:CN:2020-01-22"].confirmed == 402
    assert found["jhu:HK:2020-01-22"].confirmed == 2


def test_recovered_ended_and_is_not_zero() -> None:
    days = ("8/4/21", "8/5/21", "8/6/21")
    parsed = read({RECOVERED: series(days, {("Canada", ""): (1_405_971, 0, "x")})})
    assert list(parsed.refusals) == []
    shown = [(record.recovered, record.status) for record in parsed.records]
    ended = (None, {"recovered": ENDED})
    assert shown == [(1_405_971, {}), ended, ended]


def recovered(
    cells: Sequence[object], *, first: dt.date = dt.date(2020, 12, 11)
) -> list[int | Status | None]:
    """The United States' recovered from `first` on as they are read."""
    dates = [first + dt.timedelta(n) for n in range(len(cells))]
    days = [f"{day.month}/{day.day}/{day:%y}" for day in dates]
    parsed = read({RECOVERED: series(days, {("US", ""): cells})})
    assert [record.date for record in parsed.records] == dates
    return [record.status.get("recovered", record.recovered) for record in parsed.records]


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        pytest.param((5, 6_298_082, 0, 0), [5, 6_298_082, ENDED, ENDED], id="to the end of the file"),
        pytest.param((5, 6_298_082, 0), [5, 6_298_082, ENDED], id="on the last day only"),
        pytest.param((100, 0, 0, 0), [100, ENDED, ENDED, ENDED], id="from the least that ends"),
        pytest.param((99, 0, 0, 0), [99, 0, 0, 0], id="a correction of a small number"),
        pytest.param((500, 1, 0, 0), [500, 1, 0, 0], id="the last number counts, not the highest"),
        pytest.param((500, 0, 0, 534), [500, 0, 0, 534], id="it went on"),
        pytest.param((0, 500, 0, 534, 0), [0, 500, 0, 534, ENDED], id="the last zeros alone"),
        pytest.param((500, 0, "", 0), [500, ENDED, MISSING, ENDED], id="a blank among them"),
        pytest.param((0, 0, 0, 0), [0, 0, 0, 0], id="never positive"),
    ],
)
def test_a_row_of_recovered_that_falls_to_zero_for_good_has_ended(
    cells: Sequence[object], shown: list[int | Status | None]
) -> None:
    assert recovered(cells) == shown


@pytest.mark.parametrize("cells", [(7_000, 0, 0), (7, 0, 0), (0, 0, 0), (0, 0, 9)])
def test_from_the_day_on_which_all_ended_none_goes_on(cells: Sequence[int]) -> None:
    assert recovered(cells, first=dt.date(2021, 8, 4)) == [cells[0], ENDED, ENDED]


def test_a_sum_ends_with_its_first_part() -> None:
    rows = {("Australia", "New South Wales"): (2_989, 0), ("Australia", "Victoria"): (4_479, 4_696)}
    found = by_id(read({RECOVERED: series(DAYS, rows)}))
    assert found["jhu:AU:2020-01-22"].recovered == 7_468
    assert found["jhu:AU:2020-01-23"].status == {"recovered": ENDED}
    assert found["jhu:AU-VIC:2020-01-23"].recovered == 4_696


@pytest.mark.parametrize(("name", "field"), [(CONFIRMED, "confirmed"), (DEATHS, "deaths")])
def test_other_counts_that_fall_to_zero_are_corrections(name: str, field: str) -> None:
    records = read({name: series(DAYS, {("US", ""): (500, 0)})}).records
    assert [(getattr(record, field), record.status) for record in records] == [(500, {}), (0, {})]


def test_the_other_counts_go_on_after_recovered_ended() -> None:
    parsed = read({CONFIRMED: series(("8/5/21",), {("Canada", "Ontario"): (9,)})})
    assert [record.confirmed for record in parsed.records] == [9, 9]


def test_only_wanted_countries_are_given() -> None:
    rows = {
        ("Canada", "Ontario"): (1, 2),
        ("China", "Hong Kong"): (3, 4),
        ("US", ""): (5, 6),
        ("Narnia", ""): (0, 0),
    }
    text = series(DAYS, rows)

    def regions(*countries: str) -> set[str]:
        parsed = read({CONFIRMED: text}, countries=frozenset(countries))
        return {record.region for record in parsed.records}

    assert regions("CA") == {"CA", "CA-ON"}
    assert regions("HK") == {"HK"}, "a territory, wanted by its own code"
    assert regions("CN") == {"CN"}
    assert regions("CA", "US") == {"CA", "CA-ON", "US"}
    assert read({CONFIRMED: series(DAYS, {("US", ""): (5, 6)})}, countries=CANADA).records == []
