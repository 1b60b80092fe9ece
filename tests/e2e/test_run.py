"""`covid up` on the publishers' files (`COVID_DATA_DIR`) or generated ones: what a newcomer does first."""

from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path

import psutil
import pytest

from covid_core import regions
from covid_core.formats import Input, Kind, parse
from covid_producer import generator
from tests.e2e.stores import edit_by_hand
from tests.e2e.system import System, counts

EXPECTED_SOURCE = {
    "jhu_final": "jhu",
    "phi_daily_asof_2022-06-05": "phac",
    "phi_weekly_asof_2024-09-21": "phac-weekly",
}
JHU_RECOVERED_ENDED = "2021-08-05"
# The first test waits for the whole start, publishing included.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
STORES = ("dynamodb", "s3", "rds", "redshift")

CONSOLE = ("console", "CA-NU", "2021-01-02")
Expected = dict[tuple[str, str, str], dict[str, int | None]]


def expected(data: Path) -> Expected:
    """The counts that stores must hold: from `expected.csv`, else from the generated daily file itself."""
    if (data / "expected.csv").exists():
        return _from_list(data / "expected.csv")
    (daily,) = data.glob("covid19-download_*.csv")
    with daily.open("rb") as stream:
        records = parse(Kind.PHAC_DAILY, [Input(daily.name, stream)]).records
    return {
        (r.source, r.region, r.date.isoformat()): {"confirmed": r.confirmed, "deaths": r.deaths}
        for r in records[::40]
    }


def _from_list(path: Path) -> Expected:
    codes = {regions.get(code).name: code for code in ("CA", *regions.PROVINCES)}
    wanted: Expected = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = EXPECTED_SOURCE[row["source"]], codes[row["geo"]], row["date"]
            ended = key[0] == "jhu" and row["date"] >= JHU_RECOVERED_ENDED
            wanted[key] = {
                "confirmed": _count(row["cum_cases"]),
                "deaths": _count(row["cum_deaths"]),
                "recovered": None if ended else _count(row["cum_recovered"]),
            }
    assert len(wanted) == 266
    return wanted


def _count(text: str) -> int | None:
    return int(float(text)) if text else None


@pytest.mark.parametrize("store", STORES)
def test_every_expected_count_is_in_the_store(system: System, data: Path, store: str) -> None:
    for key, fields in expected(data).items():
        found = counts(system.stores[store](*key))
        assert {name: found[name] for name in fields} == fields, key


def test_verify_finds_no_difference(system: System) -> None:
    code, report = system.verify()
    assert code == 0, report
    assert "verif" in system.output.lower()


def test_the_doctor_finds_nothing_wrong(system: System) -> None:
    done = system.covid("doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = {one["about"]: one for one in json.loads(done.stdout)}
    for about in ("python", "java", "jars", "parts", "lag", *(f"store {store}" for store in STORES)):
        assert report[about]["level"] == "ok", report[about]


def test_posted_corrected_deleted_and_withdrawn(system: System) -> None:
    key, next_day = ("e2e", "CA-ON", "2021-01-02"), ("e2e", "CA-ON", "2021-01-03")
    record = {"source": key[0], "region": key[1], "date": key[2], "confirmed": 100, "deaths": 2}
    following = record | {"date": next_day[2], "confirmed": 130}
    with system.api() as api:
        posted = api.post("/v1/records", params={"wait": 20}, json=[record, following])
        assert posted.status_code == 201, posted.text
        system.everywhere(next_day, lambda row: row is not None and row.get("new_confirmed") == 30)
        api.post("/v1/records", params={"wait": 20}, json=record | {"confirmed": 110}).raise_for_status()
        system.everywhere(next_day, lambda row: row is not None and row.get("new_confirmed") == 20)
        deleted = api.delete("/v1/records", params={"id": ":".join(key)})
        assert (deleted.status_code, deleted.json()["confirmed"]) == (200, True)
        assert api.get("/v1/records", params={"id": ":".join(key)}).status_code == 404
        system.everywhere(key, lambda row: row is not None and bool(row["deleted"]))
        system.everywhere(next_day, lambda row: row is not None and row.get("new_confirmed") is None)
        assert api.delete("/v1/records", params={"id": "e2e:CA-QC:2021-01-02"}).status_code == 404


def test_one_line_without_a_key_through_kafkas_own_console_producer(system: System) -> None:
    line = {"source": "console", "region": "CA-NU", "date": "2021-01-02", "confirmed": 7}
    pushed = system.covid(
        "kafka", "console-producer", "--topic", "covid.records", given=json.dumps(line) + "\n"
    )
    assert pushed.returncode == 0, pushed.stderr
    system.everywhere(
        ("console", "CA-NU", "2021-01-02"), lambda row: row is not None and row["confirmed"] == 7
    )
    # The stores may have a row before the micro-batch that made it is committed.
    told = re.compile(r"batch \d+: 1 record in [\d.]+ s .*covid.records read to")
    deadline = time.monotonic() + 20
    while not told.search((watched := system.covid("stream", "watch", "--once")).stdout):
        assert time.monotonic() < deadline, watched.stdout + watched.stderr


def test_publishing_again_changes_nothing(system: System, data: Path) -> None:
    before = system.status()
    again = system.covid("publish", str(data), seconds=180)
    assert again.returncode == 0, again.stdout + again.stderr
    after = system.status()
    assert before["dead_letters"] == after["dead_letters"]
    assert system.verify()[0] == 0


def test_query_and_delete_by_the_command_line(system: System) -> None:
    with system.api() as api:
        record = {"source": "cli", "region": "CA-YT", "date": "2021-01-02", "confirmed": 3}
        api.post("/v1/records", params={"wait": 20}, json=record).raise_for_status()
    shown = system.covid("query", "CA-YT", "--source", "cli", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)
    deleted = system.covid("delete", "cli:CA-YT:2021-01-02", "--json")
    assert (deleted.returncode, json.loads(deleted.stdout)["confirmed"]) == (0, True)
    assert system.covid("delete", "cli:CA-YT:2021-01-02").returncode != 0


def test_the_inbox_of_api_gateway_reaches_every_store(system: System, tmp_path: Path) -> None:
    generator.write(tmp_path)
    done = system.covid("batch", "apigateway", str(tmp_path), "--region", "CA-PE")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^(\d+) rows equal to the oracle in dynamodb, s3, rds, redshift$", done.stdout, re.M)
    assert re.search(r"^DELETE /records\?id=\S+ -> 200 .*\nGET /records\?id=\S+ -> 404", done.stderr, re.M)
    assert system.verify()[0] == 0


def test_the_function_that_draws_computes_what_the_oracle_does(
    system: System, data: Path, tmp_path: Path
) -> None:
    done = system.covid("batch", "lambda", str(data), "--region", "CA-QC", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "statistics equal to the oracle" in done.stdout
    images = sorted(path.name.partition("_20")[0] for path in tmp_path.glob("*.png"))
    assert images == ["incidence_7d", "new_confirmed", "new_deaths"]


def test_rows_edited_by_hand_are_found_and_put_right(system: System) -> None:
    key = ("edited", "CA-PE", "2021-01-02")
    record = dict(zip(("source", "region", "date"), key, strict=True)) | {"confirmed": 100, "deaths": 2}
    with system.api() as api:
        api.post("/v1/records", params={"wait": 20}, json=record).raise_for_status()
    system.everywhere(key, lambda row: row is not None)
    edit_by_hand(system.status()["stores"], *key)
    code, report = system.verify()
    assert code == 1
    assert {(found["store"], found["source"]) for found in report["differences"]} == {
        ("rds", "edited"), ("redshift", "edited"), ("dynamodb", "by-hand"),
    }  # fmt: skip
    code, report = system.verify("--repair")
    assert (code, report["repaired"]) == (0, 2), report
    system.everywhere(key, lambda row: counts(row)["confirmed"] == 100)


def test_stopped_it_leaves_nothing_and_goes_on_where_it_was(system: System) -> None:
    pids = [part["pid"] for part in system.status()["parts"].values()]
    assert system.down() < 20
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    system.up("--no-publish")
    system.everywhere(
        ("console", "CA-NU", "2021-01-02"), lambda row: row is not None and row["confirmed"] == 7
    )
    assert system.verify()[0] == 0
