"""The daily reports: every era, dates from names, sums of places, and what a refused row costs."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core.formats import FormatError, recognise
from covid_core.records import Record, Status
from tests.unit.core.publishers_files import JHU_DAILY_ERAS, read, refused, source, table


def daily(
    era: str, *rows: tuple[str, str, object, object, object], name: str = "03-22-2020.csv"
) -> list[Record]:
    parsed = read({name: report(era, *rows)})
    assert list(parsed.refusals) == []
    return list(parsed.records)


def report(era: str, *rows: tuple[str, str, object, object, object]) -> str:
    header = JHU_DAILY_ERAS[era]
    names = header.split(",")
    province = next(name for name in names if name.startswith("Province"))
    country = next(name for name in names if name.startswith("Country"))
    return table(
        header,
        [
            {
                province: place,
                country: of,
                "Confirmed": str(confirmed),
                "Deaths": str(deaths),
                "Recovered": str(recovered),
            }
            for of, place, confirmed, deaths, recovered in rows
        ],
    )


def shown(records: list[Record]) -> dict[str, tuple[int | None, int | None, int | None]]:
    return {record.region: (record.confirmed, record.deaths, record.recovered) for record in records}


@pytest.mark.parametrize("era", JHU_DAILY_ERAS)
def test_every_era_of_the_daily_reports(era: str) -> None:
    records = daily(
        era, ("Canada", "Ontario", 34, 1, 4), ("Canada", "Quebec", "3.0", 0, 0), ("Italy", "", 9, 2, 1)
    )
    assert shown(records) == {"CA": (37, 1, 4), "CA-ON": (34, 1, 4), "CA-QC": (3, 0, 0), "IT": (9, 2, 1)}
    assert {record.date for record in records} == {dt.date(2020, 3, 22)}
    assert {record.reported_at for record in records} == {dt.datetime(2020, 3, 22, 23, 59, 59, tzinfo=dt.UTC)}
    assert {record.source for record in records} == {"jhu"}


def test_the_date_is_in_the_name_and_month_first() -> None:
    records = daily("6", ("Italy", "", 1, 0, 0), name="csse_daily 02-01-2020.csv")
    assert records[0].date == dt.date(2020, 2, 1)
    for name in ("report.csv", "2020-02-01.csv", "22-01-2020.csv", "02-30-2020.csv", "102-01-2020.csv"):
        with pytest.raises(FormatError, match="MM-DD-YYYY"):
            recognise(source(name, JHU_DAILY_ERAS["6"] + "\n"))
    with pytest.raises(FormatError, match="future"):
        read({"02-01-2031.csv": report("6", ("Italy", "", 1, 0, 0))})


def test_cities_add_up_to_their_province() -> None:
    records = daily(
        "6",
        ("Canada", "Toronto, ON", 2, 0, 1),
        ("Canada", "London, ON", 1, 0, 1),
        ("Canada", " Montreal, QC", 1, 0, 0),
        ("Canada", "Calgary, Alberta", 4, 0, 0),
        ("Canada", "British Columbia", 6, 0, 0),
        name="02-24-2020.csv",
    )
    assert shown(records) == {
        "CA": (14, 0, 2),
        "CA-AB": (4, 0, 0),
        "CA-BC": (6, 0, 0),
        "CA-ON": (3, 0, 2),
        "CA-QC": (1, 0, 0),
    }


def test_the_recovered_row_is_the_countrys_and_the_provinces_say_nothing_then() -> None:
    records = daily(
        "12", ("Canada", "Ontario", 10, 1, 0), ("Canada", "Recovered", 0, 0, 320), ("Italy", "", 5, 1, 2)
    )
    assert shown(records) == {"CA": (10, 1, 320), "CA-ON": (10, 1, None), "IT": (5, 1, 2)}
    assert all("recovered" not in record.status for record in records)


def test_recovered_ended_in_the_daily_reports_too() -> None:
    rows = (("Canada", "Ontario", 10, 1, 0),)
    assert {r.recovered for r in daily("14 last", *rows, name="08-04-2021.csv")} == {0}
    for record in daily("14 last", *rows, name="08-05-2021.csv"):
        assert record.status == {"recovered": Status.ENDED}


def test_one_days_report_cannot_tell_that_a_places_recovered_ended_before() -> None:
    (record,) = daily("14 last", ("US", "", 16_000_000, 300_000, 0), name="12-14-2020.csv")
    assert (record.recovered, record.status) == (0, {})


def test_counties_of_a_state_add_up() -> None:
    header = JHU_DAILY_ERAS["12"]
    rows = [
        {"Admin2": county, "Province_State": "Washington", "Country_Region": "US", "Confirmed": "5",
         "Deaths": "1", "Recovered": "0"}
        for county in ("King", "Pierce", "Unassigned")
    ]  # fmt: skip
    parsed = read({"03-22-2020.csv": table(header, rows)})
    assert shown(list(parsed.records)) == {"US": (15, 3, 0), "US-WA": (15, 3, 0)}


def test_a_blank_in_a_daily_report_is_missing_and_adds_nothing() -> None:
    records = daily("6", ("Mainland China", "Hubei", 444, 17, 28), ("Mainland China", "Gansu", "", "", ""))
    assert shown(records) == {"CN": (444, 17, 28), "CN-GS": (None, None, None), "CN-HB": (444, 17, 28)}
    assert records[1].status == dict.fromkeys(("confirmed", "deaths", "recovered"), Status.MISSING)


def test_a_wrong_row_of_a_daily_report_costs_itself_and_its_sums() -> None:
    text = report(
        "12", ("Canada", "Ontario", -1, 0, 0), ("Canada", "Quebec", 3, 0, 0), ("Italy", "", 9, 2, 1)
    )
    parsed = read({"03-22-2020.csv": text})
    assert {record.region for record in parsed.records} == {"CA-QC", "IT"}
    assert (refused(parsed).line, refused(parsed).column) == (2, "Confirmed")


def test_a_cut_daily_report() -> None:
    text = report("12", ("Italy", "", 9, 2, 1), ("Canada", "Quebec", 3, 0, 0), ("Canada", "Ontario", 1, 0, 0))
    parsed = read({"03-22-2020.csv": text[: text.rindex("Ontario") + 3]})
    assert {record.region for record in parsed.records} == {"CA-QC", "IT"}


def test_a_row_twice_in_a_daily_report() -> None:
    rows = [("Canada", "Ontario", 1, 0, 0), ("Canada", "Ontario", 1, 0, 0)]
    assert shown(daily("12", *rows))["CA"] == (1, 0, 0)
    parsed = read({"03-22-2020.csv": report("12", rows[0], ("Canada", "Ontario", 2, 0, 0))})
    assert refused(parsed).code == "duplicate"
