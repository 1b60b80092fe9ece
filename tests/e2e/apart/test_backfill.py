"""`covid backfill` and `covid restore` beside a running stack: killed, started again, nothing is missing."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from covid_producer import generator
from tests.e2e.system import System

# The first test waits for the whole start.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
KILLS = int(os.environ.get("COVID_TEST_KILLS", "1"))
_SECONDS = 420


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two vintages of the daily file; or generated files."""
    folder = tmp_path_factory.mktemp("data")
    given = os.environ.get("COVID_DATA_DIR")
    if given is None:
        generator.write(folder)
        return folder
    for vintage in ("2020-07-26", "2021-01-14"):
        shutil.copy(Path(given) / "phi" / f"covid19-download_{vintage}.csv", folder)
    return folder


@pytest.fixture(scope="module")
def system(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = System(tmp_path_factory.mktemp("home"), data)
    try:
        running.up("--no-publish")
        yield running
    finally:
        running.covid("down")


def backfill(system: System, *arguments: object) -> str:
    done = system.covid("backfill", *map(str, arguments), seconds=_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def killed(system: System, after: float, *arguments: object) -> None:
    """Start a backfill and kill -9 it, its JVM and its workers, so many seconds later."""
    process = subprocess.Popen(
        [sys.executable, "-m", "covid_cli", "backfill", *map(str, arguments), "--home", str(system.home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=after)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def post(api: httpx.Client, number: int) -> None:
    record = {"source": "phac", "region": "CA-ON", "date": "2021-01-15", "confirmed": 240_000 + number}
    assert api.post("/v1/records", json=record).status_code in (200, 201, 202)


def numbers(said: str) -> list[int]:
    return [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*(?![\d.])", said)]


def assert_equal(system: System) -> int:
    code, report = system.verify()
    assert code == 0, report
    return int(report["expected_rows"])


def test_records_of_files_killed_and_started_again_beside_new_posts(system: System, data: Path) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    moment = random.Random(seed)
    with system.api() as api:
        for number in range(KILLS):
            killed(system, moment.uniform(4, 25), "records", data)
            post(api, number)
        said = backfill(system, "records", data)
        post(api, KILLS)
    assert "published to covid.records" in said
    assert assert_equal(system) > 1_000


def test_what_was_published_is_not_published_again(system: System, data: Path) -> None:
    said = backfill(system, "records", data, "--regions", "CA-ON", "--from", "2021-01-01")
    assert numbers(said)[:2] == [0, 0], said
    assert "published already" in said


def test_a_dry_run_of_one_region_and_three_days(system: System) -> None:
    scope = ("--regions", "CA-ON", "--from", "2021-01-10", "--to", "2021-01-12")
    said = backfill(system, "metrics", *scope, "--dry-run")
    assert said.startswith("not done (--dry-run): "), said
    with psycopg.connect(system.status()["stores"]["rds"]["url"]) as connection:
        wanted = "region = 'CA-ON' AND date BETWEEN '2021-01-10' AND '2021-01-12'"
        stored = connection.execute(f"SELECT count(*) FROM covid_metrics WHERE {wanted}").fetchone()
    assert stored is not None
    assert stored[0] >= 6  # phac's and the merged rows
    assert numbers(said)[:2] == [stored[0], 1], said


def test_a_wrong_region_is_a_sentence(system: System) -> None:
    done = system.covid("backfill", "metrics", "--regions", "CA-XX")
    assert done.returncode == 2
    assert "'CA-XX' is no known code such as CA or CA-ON" in done.stderr


def test_a_wiped_store_is_refilled_though_the_first_try_was_killed(system: System) -> None:
    with psycopg.connect(system.status()["stores"]["rds"]["url"], autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM covid_metrics").fetchone()
        connection.execute("DELETE FROM covid_metrics")
        killed(system, 12, "metrics")
        assert "published to covid.metrics" in backfill(system, "metrics", "--resume")
        assert_equal(system)
        assert connection.execute("SELECT count(*) FROM covid_metrics").fetchone() == before


def test_a_wiped_store_is_refilled_from_the_topic_of_rows(system: System) -> None:
    with psycopg.connect(system.status()["stores"]["redshift"]["url"], autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM covid_metrics").fetchone()
        connection.execute("DELETE FROM covid_metrics")
        done = system.covid("rebuild", "redshift")
        assert done.returncode == 0, done.stdout + done.stderr
        assert connection.execute("SELECT count(*) FROM covid_metrics").fetchone() == before
    assert_equal(system)


def test_a_log_whose_disk_is_gone_is_restored(system: System) -> None:
    before = system.verify()[1]
    system.down()
    shutil.rmtree(system.home / "kafka")
    system.up("--no-publish")
    with system.api() as api:
        post(api, 99)
    said = system.covid("restore", seconds=_SECONDS)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "published to covid.records again" in said.stdout
    assert assert_equal(system) == before["expected_rows"]
    with system.api() as api:
        kept = api.get("/v1/records", params={"id": "phac:CA-ON:2021-01-15"}).json()
    assert kept["confirmed"] == 240_099
    again = system.covid("restore", seconds=_SECONDS)
    assert "nothing to restore" in again.stdout, again.stdout + again.stderr
