"""The publishers' real files, where `COVID_DATA_DIR` is set: every fact that is known of them."""

from __future__ import annotations

import csv
import datetime as dt
import os
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from covid_core import regions
from covid_core.formats import Input, Kind, Parsed, newest, parse, recognise
from covid_core.records import Record, Status, validate
from tests.unit.core.publishers_files import NOW, by_id

DATA = Path(os.environ.get("COVID_DATA_DIR", "absent"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")

PHAC = {
    # vintage: columns, rows, kind
    "2020-04-14": (14, 582, Kind.PHAC_DAILY),
    "2020-07-26": (27, 2127, Kind.PHAC_DAILY),
    "2021-01-14": (36, 4707, Kind.PHAC_DAILY),
    "2021-11-08": (40, 9177, Kind.PHAC_DAILY),
    "2022-06-05": (40, 12312, Kind.PHAC_DAILY),
    "2024-09-21": (23, 3630, Kind.PHAC_WEEKLY),
}
JHU = {
    # vintage: regions of Canada, regions, days
    "": (17, 292, 1143),
    "vintages/2021-01-22": (17, 276, 367),
    "vintages/2020-06-01": (15, 269, 132),
}


@cache
def phac(vintage: str) -> Parsed:
    return load(DATA / "phi" / f"covid19-download_{vintage}.csv")


@cache
def jhu(vintage: str, all_countries: bool = False) -> Parsed:
    paths = sorted((DATA / "jhu" / vintage).glob("*.csv"))
    assert len(paths) == 3
    return load(*paths, countries=None if all_countries else frozenset({"CA"}))


def load(*paths: Path, countries: frozenset[str] | None = None) -> Parsed:
    with paths[0].open("rb") as stream:
        kind = recognise(Input(paths[0].name, stream)).kind
    inputs = [Input(path.name, path.open("rb")) for path in paths]
    try:
        return parse(kind, inputs, countries=countries, received_at=NOW)
    finally:
        for each in inputs:
            each.stream.close()


@pytest.mark.parametrize("vintage", PHAC)
def test_every_phac_vintage_is_read_whole(vintage: str) -> None:
    columns, rows, kind = PHAC[vintage]
    path = DATA / "phi" / f"covid19-download_{vintage}.csv"
    lines = path.read_bytes().splitlines()
    assert len(lines[0].split(b",")) == columns
    parsed = phac(vintage)
    assert (parsed.kind, list(parsed.refusals)) == (kind, [])
    assert len(parsed.records) == rows == len(lines) - 1
    assert {record.region for record in parsed.records} == {"CA", "CA-XR", *regions.PROVINCES}
    day = dt.date.fromisoformat(vintage)
    assert parsed.newest == day
    assert parsed.reported_at == dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC)
    with path.open("rb") as stream:
        assert newest(kind, Input(path.name, stream)) == day


@pytest.mark.parametrize("vintage", JHU)
def test_every_jhu_vintage_is_read_whole(vintage: str) -> None:
    of_canada, everywhere, days = JHU[vintage]
    for parsed, count in ((jhu(vintage), of_canada), (jhu(vintage, True), everywhere)):
        assert list(parsed.refusals) == []
        assert len({record.region for record in parsed.records}) == count
        assert len(parsed.records) == count * days


def test_all_rows_of_the_final_files_have_a_region_of_their_own() -> None:
    """289 rows, and the sums of Australia, Canada and China."""
    found = {record.region for record in jhu("", True).records}
    assert found - {"AU", "CA", "CN"} == found ^ {"AU", "CA", "CN"}
    assert len(found) == 289 + 3


@pytest.mark.parametrize("vintage", [*PHAC, *JHU])
def test_all_records_are_valid_and_in_order(vintage: str) -> None:
    records = (phac(vintage) if vintage in PHAC else jhu(vintage)).records
    keys = [(record.date, record.region) for record in records]
    assert keys == sorted(set(keys))
    for record in records:
        assert validate(record, NOW) == record


def test_expected_csv() -> None:
    """All 266 rows; JHU's recovered of 0 after it ended is the status `ended` here."""
    names = {region.name: region.code for region in regions.ALL if region.country == "CA"}
    sources: dict[str, dict[str, Record]] = {
        "jhu_final": by_id(jhu("")),
        "phi_daily_asof_2022-06-05": by_id(phac("2022-06-05")),
        "phi_weekly_asof_2024-09-21": by_id(phac("2024-09-21")),
    }
    checked = ended = 0
    with (DATA / "expected.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            source = next(iter(sources[row["source"]].values())).source
            record = sources[row["source"]][f"{source}:{names[row['geo']]}:{row['date']}"]
            recovered = row["cum_recovered"]
            if record.status.get("recovered") is Status.ENDED:
                assert recovered == "0"
                recovered = ""
                ended += 1
            for expected, found in (
                (row["cum_cases"], record.confirmed),
                (row["cum_deaths"], record.deaths),
                (recovered, record.recovered),
            ):
                assert found == (int(expected) if expected else None), row
            checked += 1
    assert (checked, ended) == (266, 4)


def test_jhus_recovered_rises_until_it_ends() -> None:
    found = by_id(jhu(""))
    assert found["jhu:CA:2021-08-04"].recovered == 1_405_971
    for day in ("2021-08-05", "2023-03-09"):
        assert found[f"jhu:CA:{day}"].recovered is None
        assert found[f"jhu:CA:{day}"].status == {"recovered": Status.ENDED}


ENDED_BEFORE = {
    "": {
        "AU": "2020-08-01",  # the sum, with New South Wales
        "AU-NSW": "2020-08-01",
        "BE": "2020-11-12",
        "GB": "2020-04-13",
        "RS": "2020-07-20",
        "US": "2020-12-14",
    },
    "vintages/2021-01-22": {
        "BE": "2020-11-12",
        "GB": "2020-04-13",
        "RS": "2020-07-20",
        "US": "2020-12-14",
    },
    "vintages/2020-06-01": {"GB": "2020-04-13"},
}
"""First day without recovered, of the regions that JHU stopped before all others."""


@pytest.mark.parametrize("vintage", JHU)
def test_jhus_recovered_ended_before_in_five_rows(vintage: str) -> None:
    parsed = jhu(vintage, True)
    last = min(parsed.newest or dt.date.max, dt.date(2021, 8, 4))
    ended: dict[str, list[dt.date]] = {}
    for record in parsed.records:
        if record.date <= last and record.status.get("recovered") is Status.ENDED:
            ended.setdefault(record.region, []).append(record.date)
    assert {region: days[0].isoformat() for region, days in ended.items()} == ENDED_BEFORE[vintage]
    for days in ended.values():
        assert (len(days), days[-1]) == ((last - days[0]).days + 1, last)


@pytest.mark.parametrize(
    ("region", "day", "field", "change"),
    [
        ("CA-ON", "2022-04-15", "confirmed", -11_193),
        ("CA-ON", "2022-08-04", "confirmed", -10_552),
        ("CA-ON", "2022-03-18", "confirmed", -1_073),
        ("CA-ON", "2022-03-11", "deaths", -411),
        ("CA-MB", "2022-03-29", "confirmed", -673),
        ("CA", "2021-02-05", "recovered", -3_673),
        ("CA", "2020-10-21", "recovered", -3_109),
    ],
)
def test_corrections_downwards_are_kept(region: str, day: str, field: str, change: int) -> None:
    found = by_id(jhu(""))
    before = (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()
    assert getattr(found[f"jhu:{region}:{day}"], field) == change + getattr(
        found[f"jhu:{region}:{before}"], field
    )


def test_jhu_restated_ontario() -> None:
    assert by_id(jhu("vintages/2020-06-01"))["jhu:CA-ON:2020-04-04"].confirmed == 3_630
    assert by_id(jhu("vintages/2021-01-22"))["jhu:CA-ON:2020-04-04"].confirmed == 3_630
    assert by_id(jhu(""))["jhu:CA-ON:2020-04-04"].confirmed == 5_123


def test_phac_restated_ontarios_deaths() -> None:
    found = [by_id(phac(vintage)) for vintage in ("2021-11-08", "2022-06-05", "2024-09-21")]
    deaths = [
        records[f"{source}:CA-ON:2021-01-02"].deaths
        for records, source in zip(found, ("phac", "phac", "phac-weekly"), strict=True)
    ]
    assert deaths == [4_671, 4_516, 4_904]


def test_saskatchewan_is_the_same_in_both_on_533_days() -> None:
    ours, theirs = by_id(phac("2022-06-05")), by_id(jhu(""))
    first = dt.date(2020, 7, 1)
    days = [(first + dt.timedelta(days=n)).isoformat() for n in range(533)]
    assert days[-1] == "2021-12-15"
    for province in ("CA-SK", "CA-NS", "CA-NL"):
        for day in days:
            assert ours[f"phac:{province}:{day}"].confirmed == theirs[f"jhu:{province}:{day}"].confirmed


def test_national_recovered_is_blank_from_2022_02_08() -> None:
    found = by_id(phac("2022-06-05"))
    assert found["phac:CA:2022-02-07"].recovered is not None
    assert found["phac:CA:2022-02-08"].status["recovered"] is Status.MISSING


def test_recovered_that_was_blank_until_2021_is_missing_in_2022_and_no_other_number_is_lost() -> None:
    before, after = by_id(phac("2021-11-08")), by_id(phac("2022-06-05"))

    def missing(records: dict[str, Record]) -> set[str]:
        """Of the days of both files."""
        return {key for key in before if records[key].status.get("recovered") is Status.MISSING}

    assert len(missing(before)) == 524
    assert missing(before) < missing(after)
    assert missing(after) - missing(before) == {
        "phac:CA-NU:2020-04-05",
        "phac:CA-NU:2020-04-06",
        "phac:CA-QC:2020-04-05",
    }
    true_zeros = {record.id for record in after.values() if record.recovered == 0}
    assert {key for key in true_zeros if not key.startswith("phac:CA-NU:")} == set()
    assert (len(true_zeros), min(true_zeros)) == (217, "phac:CA-NU:2020-04-18")


@pytest.mark.parametrize(
    ("vintage", "zeros"), [("2020-04-14", 5), ("2020-07-26", 103), ("2021-01-14", 220), ("2021-11-08", 220)]
)
def test_zero_recovered_is_a_number_in_files_that_leave_blanks(vintage: str, zeros: int) -> None:
    assert sum(record.recovered == 0 for record in phac(vintage).records) == zeros


def test_national_recovered_does_not_fall_to_zero_in_2022s_file() -> None:
    found = by_id(phac("2022-06-05"))
    shown = [found[f"phac:CA:2020-04-{day:02}"].recovered for day in (2, 3, 5, 6, 7, 17, 18)]
    assert shown == [1_983, None, 2_335, 3_616, None, None, 11_178]


def test_cases_are_suppressed_from_june_2024_while_deaths_go_on() -> None:
    suppressed = [r for r in phac("2024-09-21").records if r.status.get("confirmed") is Status.SUPPRESSED]
    assert min(record.date for record in suppressed).isoformat()[:7] == "2024-06"
    assert len({record.date for record in suppressed}) == 17
    assert len(suppressed) == 17 * 15
    assert all(record.confirmed is None and record.deaths is not None for record in suppressed)


def test_not_due_stands_beside_the_repeated_number() -> None:
    statuses = Counter(record.status.get("confirmed") for record in phac("2022-06-05").records)
    assert statuses == {None: 10_419, Status.NOT_DUE: 1_893}
    assert all(
        record.confirmed is not None
        for record in phac("2022-06-05").records
        if record.status.get("confirmed") is Status.NOT_DUE
    )


def test_spreadsheet_and_other_copies_give_the_same_records(tmp_path: Path) -> None:
    """covid19.csv writes `DD-MM-YYYY`, a spreadsheet `M/D/YYYY`; line ends and BOM change nothing."""
    path = DATA / "phi" / "covid19-download_2022-06-05.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index("date")
    for name, style in (("covid19.csv", "{d:%d-%m-%Y}"), ("copy.csv", "{d.month}/{d.day}/{d.year}")):
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
            writer.writerow(rows[0])
            for row in rows[1:]:
                day = dt.date.fromisoformat(row[at])
                writer.writerow([*row[:at], style.format(d=day), *row[at + 1 :]])
        copy = load(tmp_path / name)
        assert list(copy.refusals) == []
        assert copy.records == phac("2022-06-05").records


def test_a_spreadsheet_copy_of_jhus_file_gives_the_same_records(tmp_path: Path) -> None:
    for path in (DATA / "jhu" / "vintages/2021-01-22").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        days = [dt.datetime.strptime(cell, "%m/%d/%y").date() for cell in rows[0][4:]]
        rows[0][4:] = [f"{day:%m-%d-%Y}" for day in days]
        with (tmp_path / path.name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    copies = load(*sorted(tmp_path.glob("*.csv")), countries=frozenset({"CA"}))
    assert copies.records == jhu("vintages/2021-01-22").records


def test_the_largest_files_are_read_in_half_a_second() -> None:
    seconds = []
    for _ in range(3):
        start = time.process_time()
        load(DATA / "phi" / "covid19-download_2022-06-05.csv")
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.5
