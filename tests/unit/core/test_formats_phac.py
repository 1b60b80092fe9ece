"""PHAC's files: every era, every quirk of the columns and cells, every way a line can be wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from covid_core.formats import FormatError, Kind, recognise
from covid_core.records import MAX_COUNT, Status, validate
from tests.unit.core.publishers_files import (
    NOW,
    PHAC_ERAS,
    PHAC_WEEKLY,
    by_id,
    only,
    phac,
    read,
    refused,
    source,
    table,
)

ONTARIO = {"pruid": "35", "prname": "Ontario", "prnameFR": "Ontario", "numdeaths": "3", "numtotal": "20"}
MISSING, SUPPRESSED, NOT_DUE = Status.MISSING, Status.SUPPRESSED, Status.NOT_DUE
NEWEST = PHAC_ERAS["40 bis"]


def row(date: str = "2021-01-14", **cells: str) -> dict[str, str]:
    return {**ONTARIO, "date": date, **cells}


@dataclass(frozen=True)
class Era:
    recovered: bool
    tests: bool


ERAS = {
    name: Era(recovered=int(name.split()[0]) >= 14, tests=int(name.split()[0]) >= 39) for name in PHAC_ERAS
}


@pytest.mark.parametrize("era", PHAC_ERAS)
def test_every_era_is_read_by_column_name(era: str) -> None:
    header = PHAC_ERAS[era]
    assert len(header.split(",")) == int(era.split(maxsplit=1)[0])
    cells = {name: "7" for name in ("numrecover", "numtests") if name in header.split(",")}
    record = only(phac(table(header, [row(numconf="999", **cells)])))
    assert (record.source, record.region, record.date) == ("phac", "CA-ON", dt.date(2021, 1, 14))
    assert (record.confirmed, record.deaths) == (20, 3)
    # A column that the era does not have says nothing: neither a number nor a status.
    assert record.recovered == (7 if ERAS[era].recovered else None)
    assert record.tests == (7 if ERAS[era].tests else None)
    assert record.status == {}


def test_columns_may_stand_in_any_order() -> None:
    header = ",".join(reversed(NEWEST.split(",")))
    assert only(phac(table(header, [row(numrecover="1", numtests="2")]))).confirmed == 20


def test_numtested_counts_people_and_is_not_used() -> None:
    record = only(phac(table(PHAC_ERAS["27"], [row(numtested="500", numrecover="1")])))
    assert record.tests is None
    assert "tests" not in record.status


def test_the_weekly_file_is_a_source_of_its_own() -> None:
    weekly = {"pruid": "1", "prname": "Canada", "date": "2024-09-21", "numdeaths": "60871"}
    record = only(phac(table(PHAC_WEEKLY, [{**weekly, "totalcases": "-"}], end="\r\n")))
    assert record.id == "phac-weekly:CA:2024-09-21"
    assert record.deaths == 60871, "deaths go on while cases are suppressed"
    assert record.status == {"confirmed": SUPPRESSED}
    assert record.recovered is None
    assert record.tests is None


@pytest.mark.parametrize(
    ("cell", "number", "status"),
    [
        ("324861", 324861, {}),
        ("324861.0", 324861, {}),
        ("0", 0, {}),
        ("0.0", 0, {}),
        (" 12 ", 12, {}),
        ("", None, {"confirmed": MISSING}),
        ("N/A", None, {"confirmed": MISSING}),
        ("n/a", None, {"confirmed": MISSING}),
        ("-", None, {"confirmed": SUPPRESSED}),
        (str(MAX_COUNT), MAX_COUNT, {}),
    ],
)
def test_cells(cell: str, number: int | None, status: dict[str, Status]) -> None:
    record = only(phac(table(PHAC_ERAS["9"], [row(numtotal=cell)])))
    assert (record.confirmed, record.status) == (number, status)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-5", "negative"),
        ("-5.0", "negative"),
        ("3.5", "fractional"),
        (".5", "fractional"),
        ("twelve", "bad_count"),
        ("1e5", "bad_count"),
        ("1 000", "bad_count"),
        ("+1", "bad_count"),
        ("٣", "bad_count"),
        (str(MAX_COUNT + 1), "bad_count"),
        ("9" * 5000, "bad_count"),
    ],
)
def test_a_wrong_count_costs_its_row_only_and_is_named(cell: str, code: str) -> None:
    good = row("2021-01-15")
    parsed = phac(table(PHAC_ERAS["9"], [row(numdeaths=cell), good]))
    assert [record.date for record in parsed.records] == [dt.date(2021, 1, 15)]
    refusal = refused(parsed)
    assert (refusal.file, refusal.line, refusal.column) == ("covid19-download.csv", 2, "numdeaths")
    assert refusal.code == code
    assert cell[:40].encode() in refusal.raw
    assert "covid19-download.csv, line 2, column numdeaths" in str(refusal)


def test_a_thousands_separator_is_refused() -> None:
    assert refused(phac(table(PHAC_ERAS["9"], [row(numtotal="1,000")]))).code == "bad_count"


@pytest.mark.parametrize(
    ("update", "due"), [("1", True), ("1.0", True), ("", True), ("0", False), ("0.0", False)]
)
def test_update_tells_whether_the_province_reported(update: str, due: bool) -> None:
    record = only(phac(table(NEWEST, [row(update=update, numrecover="", numtests="9")])))
    assert (record.confirmed, record.deaths, record.tests) == (20, 3, 9), "the repeated numbers are kept"
    repeated = {} if due else {"confirmed": NOT_DUE, "deaths": NOT_DUE, "tests": NOT_DUE}
    assert record.status == {"recovered": MISSING, **repeated}


def test_another_update_is_refused() -> None:
    assert refused(phac(table(NEWEST, [row(update="yes")]))).column == "update"


def test_zero_tests_before_the_regions_first_positive_are_missing() -> None:
    def tests(pruid: str, day: int, number: str, update: str = "1") -> dict[str, str]:
        return row(f"2020-03-{day:02}", pruid=pruid, numtests=number, numrecover="1", update=update)

    parsed = phac(
        table(
            NEWEST,
            [
                tests("35", 13, "0"),  # after the first positive: a number, though it falls
                tests("35", 11, "0", update="0"),
                tests("35", 12, "5"),
                tests("59", 12, "0.0"),  # never positive
                tests("59", 13, ""),
            ],
        )
    )
    found = by_id(parsed)
    assert found["phac:CA-ON:2020-03-11"].tests is None
    assert found["phac:CA-ON:2020-03-11"].status == {
        "tests": MISSING,
        "confirmed": NOT_DUE,
        "deaths": NOT_DUE,
        "recovered": NOT_DUE,
    }
    assert found["phac:CA-ON:2020-03-12"].tests == 5
    assert found["phac:CA-ON:2020-03-13"].tests == 0
    assert found["phac:CA-BC:2020-03-12"].status == {"tests": MISSING}
    assert found["phac:CA-BC:2020-03-13"].status == {"tests": MISSING}


def recovered(rows: Mapping[str, Sequence[str]]) -> dict[str, list[int | None]]:
    """Recovered by region as it is read, of cells by pruid from 2020-04-01 on; None where it is missing."""
    lines = [
        row(f"2020-04-{day:02}", pruid=pruid, numtests="1", numrecover=cell, update=update)
        for pruid, cells in rows.items()
        for day, cell in enumerate(cells, start=1)
        for update in ("0" if cell == "0.0" else "1",)
    ]
    found: dict[str, list[int | None]] = {}
    for record in phac(table(NEWEST, lines)).records:
        found.setdefault(record.region, []).append(record.recovered)
        assert (record.recovered is None) == (record.status.get("recovered") is MISSING)
    return found


def test_zero_recovered_is_missing_where_canadas_own_falls_to_zero_between_positives() -> None:
    assert recovered(
        {
            "1": ["0", "5", "0.0", "6", "7", "0"],  # 0.0: on a day without a report
            "35": ["0", "3", "0.0", "0", "4", "4"],  # also on the 4th, when Canada has a number again
            "59": ["0", "1", "2", "2", "3", "3"],
            "62": ["0", "0", "0", "0", "0", "2"],  # true zeros, once there are no more gaps
            "99": ["0", "2", "0.0", "0", "0", "2"],  # after its own positive, whatever Canada has
        }
    ) == {
        "CA": [None, 5, None, 6, 7, None],
        "CA-ON": [None, 3, None, None, 4, 4],
        "CA-BC": [None, 1, 2, 2, 3, 3],
        "CA-NU": [None, None, None, 0, 0, 2],
        "CA-XR": [None, 2, None, None, None, 2],
    }


@pytest.mark.parametrize(
    "canada",
    [
        pytest.param(["", "5", "", "6"], id="blanks are blank"),
        pytest.param(["0", "0", "5", "6"], id="nobody had recovered yet"),
        pytest.param(["5", "6", "0", "0"], id="no number follows"),
        pytest.param(["0", "0", "0", "0"], id="no number at all"),
    ],
)
def test_zero_recovered_is_a_number_where_canada_has_none_between_positives(canada: list[str]) -> None:
    found = recovered({"1": canada, "24": ["0", "2", "0", "6"], "62": ["0", "0", "0", "0"]})
    assert found["CA"] == [int(cell) if cell else None for cell in canada]
    assert (found["CA-QC"], found["CA-NU"]) == ([0, 2, 0, 6], [0, 0, 0, 0])


@pytest.mark.parametrize(
    ("pruid", "region"), [("1", "CA"), ("24", "CA-QC"), ("62", "CA-NU"), ("99", "CA-XR"), ("48.0", "CA-AB")]
)
def test_pruid_tells_the_region(pruid: str, region: str) -> None:
    name = {"prname": "Repatriated Travellers", "prnameFR": "Voyageurs rapatriés"}
    assert only(phac(table(PHAC_ERAS["9"], [row(pruid=pruid, **name)]))).region == region


@pytest.mark.parametrize("pruid", ["", "36", "-1", "x", "35.5", "9" * 99])
def test_an_unknown_pruid_is_refused(pruid: str) -> None:
    refusal = refused(phac(table(PHAC_ERAS["9"], [row(pruid=pruid)])))
    assert (refusal.code, refusal.column) == ("unknown_region", "pruid")


@pytest.mark.parametrize("written", ["2020-04-05", "05-04-2020", "4/5/2020"])
def test_dates_are_written_in_three_ways(written: str) -> None:
    assert only(phac(table(PHAC_ERAS["14"], [row(written)]))).date == dt.date(2020, 4, 5)


def test_a_column_of_two_formats_is_an_error() -> None:
    with pytest.raises(FormatError) as caught:
        phac(table(PHAC_ERAS["14"], [row("2020-04-05"), row("06-04-2020")]))
    assert (caught.value.code, caught.value.line, caught.value.column) == ("mixed_dates", 3, "date")
    assert "covid19-download.csv, line 3, column date" in str(caught.value)


@pytest.mark.parametrize("dates", [("05-04-2020", "04-14-2020"), ("4/5/2020", "14/4/2020")])
def test_a_column_in_the_wrong_order_is_an_error(dates: tuple[str, str]) -> None:
    with pytest.raises(FormatError) as caught:
        phac(table(PHAC_ERAS["14"], [row(date) for date in dates]))
    assert (caught.value.code, caught.value.line) == ("ambiguous_dates", 3)


@pytest.mark.parametrize(
    "date", ["2021-02-30", "2021-13-01", "", "soon", "1921-01-14", "44210", "2021-01-14T00:00"]
)
def test_a_date_that_is_none_costs_its_row_only(date: str) -> None:
    parsed = phac(table(PHAC_ERAS["14"], [row("2021-01-13"), row(date)]))
    assert len(parsed.records) == 1
    refusal = refused(parsed)
    assert (refusal.code, refusal.line, refusal.column) == ("bad_date", 3, "date")


def test_a_date_in_the_future_costs_its_row_only_and_does_not_move_reported_at() -> None:
    parsed = phac(table(PHAC_ERAS["14"], [row("2021-01-13"), row("2031-01-13")]))
    assert refused(parsed).code == "future"
    assert parsed.newest == dt.date(2021, 1, 13)
    tomorrow = (NOW + dt.timedelta(hours=24)).date()
    assert phac(table(PHAC_ERAS["14"], [row(tomorrow.isoformat())])).newest == tomorrow


def test_reported_at_is_the_end_of_the_newest_day_unless_given() -> None:
    text = table(PHAC_ERAS["14"], [row("2021-01-13"), row("2021-01-14"), row("2021-01-12")])
    assert {record.reported_at for record in phac(text).records} == {
        dt.datetime(2021, 1, 14, 23, 59, 59, tzinfo=dt.UTC)
    }
    given = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
    assert {r.reported_at for r in read({"a.csv": text}, reported_at=given).records} == {given}


def test_records_come_sorted_by_date_and_region_and_are_valid() -> None:
    days = ("2021-01-14", "2021-01-13")
    rows = [row(day, pruid=pruid) for pruid in ("59", "1", "35") for day in days]
    parsed = phac(table(PHAC_ERAS["14"], rows))
    keys = [(record.date, record.region) for record in parsed.records]
    assert keys == sorted(keys)
    assert len(keys) == 6
    for record in parsed.records:
        assert validate(record, NOW) == record


def test_the_same_row_twice_is_one_record() -> None:
    assert only(phac(table(PHAC_ERAS["9"], [row(), row()]))).confirmed == 20


def test_a_second_row_with_other_counts_is_refused() -> None:
    parsed = phac(table(PHAC_ERAS["9"], [row(), row(numtotal="21")]))
    assert [record.confirmed for record in parsed.records] == [20]
    refusal = refused(parsed)
    assert (refusal.code, refusal.line) == ("duplicate", 3)
    assert "line 2" in refusal.reason


def test_a_truncated_last_line_is_refused() -> None:
    text = table(PHAC_ERAS["27"], [row("2021-01-13"), row("2021-01-14")])
    parsed = phac(text[: text.rindex("2021-01-14") + 20])
    assert [record.date for record in parsed.records] == [dt.date(2021, 1, 13)]
    refusal = refused(parsed)
    assert (refusal.code, refusal.line) == ("wrong_width", 3)
    assert refusal.column is not None


def test_only_canada_is_in_the_file() -> None:
    text = table(PHAC_ERAS["9"], [row()])
    assert len(read({"a.csv": text}, countries=frozenset({"CA"})).records) == 1
    assert read({"a.csv": text}, countries=frozenset({"US"})).records == []


def test_a_file_without_rows_is_an_error() -> None:
    with pytest.raises(FormatError, match="no rows"):
        phac(PHAC_ERAS["9"] + "\n")


def test_a_file_of_refused_rows_has_no_newest_date() -> None:
    parsed = phac(table(PHAC_ERAS["9"], [row(numtotal="-1")]))
    assert (parsed.records, parsed.newest, parsed.reported_at) == ([], None, None)
    assert len(parsed.refusals) == 1


def test_vaccination_files_of_the_same_agency_are_not_mistaken() -> None:
    with pytest.raises(FormatError) as caught:
        recognise(source("vaccination-coverage-map.csv", "pruid,prename,prfname,week_end,numtotal_fully\n"))
    assert caught.value.code == "unknown_header"


def test_kinds_know_their_source() -> None:
    assert {kind.value: kind.source for kind in Kind} == {
        "phac-daily": "phac",
        "phac-weekly": "phac-weekly",
        "jhu-series": "jhu",
        "jhu-daily": "jhu",
    }
