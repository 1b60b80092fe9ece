"""docker-compose.yml for real: built, started, used, broken and mended."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_core import regions
from covid_producer import generator
from tests.containers import images
from tests.e2e.apart.composed import Composed
from tests.e2e.stores import Row

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2_400)]

VINTAGE = "phi/covid19-download_2021-01-14.csv"
SERVERS = images.of_services("kafka", "dynamodb", "seaweedfs", "postgres")
ROWS_SECONDS = 120
FOURTEEN = {"CA", *regions.PROVINCES}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    if given := os.environ.get("COVID_DATA_DIR"):
        shutil.copy(Path(given) / VINTAGE, folder)
    else:
        generator.write(folder)
    # Read by another user, in a container.
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


@pytest.fixture(scope="module")
def system(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    try:
        images.bring(SERVERS | images.bases(), tmp_path_factory.mktemp("images"))
    except images.Unavailable as error:
        pytest.skip(str(error))
    running = Composed(tmp_path_factory.mktemp("compose"), data)
    running.build()
    try:
        started = time.monotonic()
        running.up()
        print(f"healthy after {time.monotonic() - started:.0f} s")
        yield running
    finally:
        print(running.logs())
        running.down()


def confirmed(count: int) -> object:
    def holds(row: Row | None) -> bool:
        return row is not None and row["confirmed"] is not None and int(row["confirmed"]) == count

    return holds


def test_the_api_answers_with_rows_of_every_region(system: Composed) -> None:
    deadline = time.monotonic() + ROWS_SECONDS
    waiting = set(FOURTEEN)
    while waiting:
        for region in sorted(waiting):
            answer = system.api.get("/v1/metrics", params={"region": region, "limit": 5}).raise_for_status()
            if len(answer.json()["data"]) == 5:
                waiting.discard(region)
        assert not waiting or time.monotonic() < deadline, waiting
        time.sleep(0.5)
    found = system.api.get("/v1/regions").raise_for_status().json()["data"]
    assert {region["region"] for region in found if "phac" in region["sources"]} >= FOURTEEN


def test_one_line_through_the_broker_and_one_record_through_the_api(system: Composed) -> None:
    system.push({"source": "console", "region": "CA-NU", "date": "2021-01-02", "confirmed": 7})
    system.everywhere(("console", "CA-NU", "2021-01-02"), confirmed(7))
    record = {"source": "posted", "region": "CA-YT", "date": "2021-01-02", "confirmed": 8}
    posted = system.api.post("/v1/records", params={"wait": 20}, json=record)
    assert posted.status_code == 201, posted.text
    system.everywhere(("posted", "CA-YT", "2021-01-02"), confirmed(8))
    deleted = system.api.delete("/v1/records", params={"id": "posted:CA-YT:2021-01-02"})
    assert (deleted.status_code, deleted.json()["confirmed"]) == (200, True)
    system.everywhere(("posted", "CA-YT", "2021-01-02"), lambda row: row is not None and bool(row["deleted"]))


def test_verify_finds_no_difference(system: Composed) -> None:
    assert system.verify()["stores"].keys() == {"dynamodb", "s3", "rds", "redshift"}


def test_a_sink_that_was_stopped_catches_up(system: Composed) -> None:
    system("stop", "sink-rds")
    system.push({"source": "console", "region": "CA-NU", "date": "2021-01-03", "confirmed": 9})
    others = {name: read for name, read in system.stores.items() if name != "rds"}
    deadline = time.monotonic() + 60
    while not all(confirmed(9)(read("console", "CA-NU", "2021-01-03")) for read in others.values()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert system.stores["rds"]("console", "CA-NU", "2021-01-03") is None
    system("start", "sink-rds")
    system.everywhere(("console", "CA-NU", "2021-01-03"), confirmed(9))


def test_every_service_may_be_killed(system: Composed) -> None:
    for day, service in enumerate(system.services(), start=4):
        system("kill", "--signal", "KILL", service)
        if service != "kafka":
            record = {"source": "console", "region": "CA-NU", "date": f"2021-01-{day:02}", "confirmed": day}
            system.send(record)
        system("start", service)
    system.up()
    system.verify()


def test_services_hold_no_more_than_they_need(system: Composed) -> None:
    """Not root, nothing to write to but what is named, no capability; and they end when asked to."""
    for service in ("producer", "stream", "sink-s3", "alerts", "api"):
        assert system("exec", "-T", service, "id", "-u").stdout.strip() == "10001"
        refused = system("exec", "-T", service, "sh", "-c", "touch /opt/x 2>/dev/null || echo refused")
        assert refused.stdout.strip() == "refused", service
    started = time.monotonic()
    stopped = ("producer", "stream", "sink-s3", "sink-dynamodb", "sink-rds", "alerts", "api")
    system("stop", "--timeout", "15", *stopped)
    assert time.monotonic() - started < 15
    codes = system("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}").stdout.split("\n")
    ended = dict(line.split() for line in codes if line)
    assert {service: ended[service] for service in ("producer", "stream", "sink-s3", "alerts", "api")} == {
        "producer": "0", "stream": "0", "sink-s3": "0", "alerts": "0", "api": "0",
    }  # fmt: skip
