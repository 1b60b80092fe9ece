"""Johns Hopkins' time series and daily reports: sums, places, dates, and what a refused part costs."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core.formats import FormatError, Kind, recognise
from covid_core.formats.jhu_places import Place, UnknownPlace, place_of
from covid_core.records import Record, Status, validate
from tests.unit.core.publishers_files import (
    JHU_DAILY_ERAS,
    NOW,
    by_id,
    read,
    refused,
    series,
    source,
    table,
)

CONFIRMED = "time_series_covid19_confirmed_global.csv"
DEATHS = "time_series_covid19_deaths_global.csv"
RECOVERED = "time_series_covid19_recovered_global.csv"
DAYS = ("1/22/20", "1/23/20")
CANADA = frozenset({"CA"})
NAMES = ["Ontario", "Quebec", "Diamond Princess", "Repatriated Travellers"]


def of_canada(**cells: tuple[object, object]) -> dict[tuple[str, str], tuple[object, object]]:
    return {("Canada", name): cells.get(name.split()[0], (1, 2)) for name in NAMES}


# --- the three time series


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
    ended = (None, {"recovered": Status.ENDED})
    assert shown == [(1_405_971, {}), ended, ended]


def test_the_other_counts_go_on_after_recovered_ended() -> None:
    parsed = read({CONFIRMED: series(("8/5/21",), {("Canada", "Ontario"): (9,)})})
    assert [record.confirmed for record in parsed.records] == [9, 9]


@pytest.mark.parametrize(
    "days", [("1/22/20", "2/1/20"), ("1/22/2020", "2/1/2020"), ("01-22-2020", "02-01-2020"),
             ("2020-01-22", "2020-02-01")]
)  # fmt: skip
def test_days_are_month_first_however_a_spreadsheet_wrote_them(days: tuple[str, str]) -> None:
    parsed = read({CONFIRMED: series(days, {("Canada", ""): (1, 2)})})
    assert [record.date for record in parsed.records] == [dt.date(2020, 1, 22), dt.date(2020, 2, 1)]


@pytest.mark.parametrize(
    ("days", "code", "column"),
    [
        (("22-01-2020", "23-01-2020"), "ambiguous_dates", "22-01-2020"),  # day first
        (("01-02-2020", "02-02-2020", "03-02-2020", "13-02-2020"), "ambiguous_dates", "13-02-2020"),
        (("1/23/20", "1/22/20"), "ambiguous_dates", "1/22/20"),  # not in order
        (("1/22/20", "2020-01-23"), "mixed_dates", "2020-01-23"),
        (("1/22/20", "total"), "bad_date", "total"),
        (("1/22/20", "2/30/20"), "bad_date", "2/30/20"),
        (("1/22/20", "1/22/31"), "future", "1/22/31"),
    ],
)
def test_days_that_make_no_sense_are_an_error(days: tuple[str, ...], code: str, column: str) -> None:
    with pytest.raises(FormatError) as caught:
        read({CONFIRMED: series(days, {("Canada", ""): [1] * len(days)})})
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, 1, column)


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


# --- the daily reports


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


# --- places


@pytest.mark.parametrize(
    ("country", "province", "country_code", "region"),
    [
        ("Canada", "Toronto, ON", "CA", "CA-ON"),
        ("Canada", " Montreal, QC", "CA", "CA-QC"),
        ("Canada", "Calgary, Alberta", "CA", "CA-AB"),
        ("Canada", "Repatriated Travellers", "CA", "CA-XR"),
        ("Canada", "Grand Princess", "CA", "CA-XG"),
        ("Australia", "From Diamond Princess", "AU", "AU-XD"),
        ("Israel", "From Diamond Princess", "IL", "IL-XD"),
        ("Australia", "Jervis Bay Territory", "AU", "AU-XJ"),
        ("Others", "Diamond Princess cruise ship", "XD", "XD"),
        ("Cruise Ship", "Diamond Princess", "XD", "XD"),
        ("Diamond Princess", "", "XD", "XD"),
        ("MS Zaandam", "", "XZ", "XZ"),
        ("Summer Olympics 2020", "", "XO", "XO"),
        ("Winter Olympics 2022", "", "XW", "XW"),
        ("United Kingdom", "Channel Islands", "GB", "XC"),
        ("United Kingdom", "Bermuda", "GB", "BM"),
        ("United Kingdom", "Falkland Islands (Malvinas)", "GB", "FK"),
        ("UK", "UK", "GB", "GB"),
        ("France", "France", "FR", "FR"),
        ("France", "Reunion", "FR", "RE"),
        ("Denmark", "Faroe Islands", "DK", "FO"),
        ("Netherlands", "Bonaire, Sint Eustatius and Saba", "NL", "BQ"),
        ("China", "Unknown", "CN", "CN-XX"),
        ("Mainland China", "Hubei", "CN", "CN-HB"),
        ("China", "Macau", "CN", "MO"),
        ("Taiwan*", "", "TW", "TW"),
        ("Korea, South", "", "KR", "KR"),
        ("Congo (Kinshasa)", "", "CD", "CD"),
        ("Cote d'Ivoire", "", "CI", "CI"),
        ("West Bank and Gaza", "", "PS", "PS"),
        ("Iraq", "None", "IQ", "IQ"),
        ("US", "Georgia", "US", "US-GA"),
        ("Georgia", "", "GE", "GE"),
        ("Mexico", "Mexico", "MX", "MX-MEX"),
        ("Nigeria", "Niger", "NG", "NG-NI"),
        ("Belgium", "Luxembourg", "BE", "BE-WLX"),
        ("US", "King County, WA", "US", "US-WA"),
        ("US", "Washington, D.C.", "US", "US-DC"),
        ("US", "Lackland, TX (From Diamond Princess)", "US", "US-XD"),
        ("US", "Unassigned Location (From Diamond Princess)", "US", "US-XD"),
        ("US", "Unassigned Location, WA", "US", "US-WA"),
        ("US", "Virgin Islands, U.S.", "US", "VI"),
        ("US", "Puerto Rico", "US", "PR"),
        ("Germany", "Thuringen", "DE", "DE-TH"),
        ("Brazil", "Sao Paulo", "BR", "BR-SP"),
        ("Russia", "Sakha (Yakutiya) Republic", "RU", "RU-SA"),
        ("Ukraine", "Kiev Oblast", "UA", "UA-32"),
        ("Japan", "Port Quarantine", "JP", "JP-XQ"),
        ("India", "Dadra and Nagar Haveli and Daman and Diu", "IN", "IN-DH"),
    ],
)  # fmt: skip
def test_places(country: str, province: str, country_code: str, region: str) -> None:
    place = place_of(country, province)
    assert (place.country, place.region) == (country_code, region)


def test_the_recovered_row_is_a_place_of_its_kind() -> None:
    assert place_of("Canada", "Recovered") == Place("CA", "CA", recovered_only=True)


@pytest.mark.parametrize(
    ("country", "province", "known"),
    [("Narnia", "", None), ("", "", None), ("Canada", "Toronto, ZZ", "CA"), ("Canada", "x" * 999, "CA")],
)
def test_unknown_places(country: str, province: str, known: str | None) -> None:
    with pytest.raises(UnknownPlace) as caught:
        place_of(country, province)
    assert caught.value.country == known
