"""No secret of the whole system stands in a log, in what `covid up` printed or on a command line.

By its name the last of this folder: the logs hold what every test before it has done.
"""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import psutil
import pytest

from covid_cli.stack import state
from covid_cli.stack.config import Credentials
from tests.e2e import leaks
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SERVICES = {"api", "stream", "alerts", "sink-dynamodb", "sink-s3", "sink-rds", "sink-redshift"}
SERVERS = {"kafka", "dynamodb", "postgres", "seaweedfs"}


def _kept(system: System) -> state.StackState:
    found = state.read(system.home)
    assert found is not None
    return found


@pytest.fixture
def secrets(system: System) -> dict[str, str]:
    """Of the running stack."""
    kept = _kept(system)
    found = leaks.secrets(kept.credentials, kept.environment)
    assert {"write_key", "postgres_password", "s3_secret_key", "COVID_ICEBERG_URI"} <= found.keys()
    assert all(len(value) >= 20 for value in found.values())
    return found


def test_no_secret_is_in_a_log_or_in_what_was_printed(system: System, secrets: dict[str, str]) -> None:
    _misuse_the_key(system)
    logs = leaks.files(system.home / "logs")
    named = {Path(name).stem for name in logs}
    assert named >= SERVICES | SERVERS, f"not all are logged: {named}"
    assert sum(map(len, logs.values())) > 1000
    printed = {"what `covid up` printed": system.output.encode()}
    assert leaks.leaks(secrets, {**logs, **printed}) == []


def _misuse_the_key(system: System) -> None:
    """As people do, who put it in an address or into the body, where errors tell of what was wrong."""
    found = system.status()["api"]
    with httpx.Client(base_url=found["url"], timeout=30, trust_env=False) as client:
        key = found["write_key"]
        wrong = [
            client.get("/v1/metrics", params={"key": key}),
            client.get(f"/v1/{key}"),
            client.post("/v1/records", json={"key": key}, headers={"Authorization": f"Bearer {key}"}),
            client.get("/v1/keys", headers={"Authorization": f"Bearer {key}"}),
            client.post("/v1/records", json={}, headers={"Authorization": f"Bearer {key}x"}),
        ]
    assert [answer.status_code // 100 for answer in wrong] == [4] * len(wrong)


def test_no_secret_is_on_a_command_line(system: System, secrets: dict[str, str]) -> None:
    heads = {name: child.process() for name, child in _kept(system).parts.items()}
    commands = [
        (name, words)
        for name, head in heads.items()
        if head is not None
        for process in (head, *head.children(recursive=True))
        if (words := _words(process))
    ]
    assert {name for name, _ in commands} >= SERVICES | SERVERS
    assert leaks.leaks(secrets, leaks.lines(commands)) == []


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


def test_the_files_that_hold_a_secret_are_their_owners_alone(system: System, secrets: dict[str, str]) -> None:
    own = [file for file in system.home.iterdir() if file.is_file()]
    holding = {leak.where for leak in leaks.leaks(secrets, {str(file): file.read_bytes() for file in own})}
    assert str(system.home / "stack.json") in holding
    assert {file for file in holding if stat.S_IMODE(Path(file).stat().st_mode) & 0o077} == set()


def test_a_secret_that_is_in_a_log_is_found(tmp_path: Path) -> None:
    """The search itself, so that it cannot pass by finding nothing ever."""
    made = Credentials.make()
    url = f"postgresql://covid:{made.postgres_password}@127.0.0.1/rds"
    secrets = leaks.secrets(made, {"COVID_RDS_URL": url, "COVID_DYNAMODB_SECRET_KEY": leaks.PUBLIC})
    assert set(secrets) == {"write_key", "postgres_password", "s3_secret_key", "COVID_RDS_URL"}
    below = tmp_path / "older"
    below.mkdir()
    (tmp_path / "api.log").write_text(f"all is well with covid\nBearer {made.write_key} is refused\n")
    (below / "sink-rds.log").write_bytes(b"\xff\x00\n\n" + f"cannot connect to {url}".encode())
    (below / "empty.log").touch()
    assert set(leaks.leaks(secrets, leaks.files(tmp_path))) == {
        ("write_key", str(tmp_path / "api.log"), 2),
        ("postgres_password", str(below / "sink-rds.log"), 3),
        ("COVID_RDS_URL", str(below / "sink-rds.log"), 3),
    }
    commands = [("psql", ["psql", url]), ("java", ["java", "-jar", "x.jar"])]
    assert {leak.where for leak in leaks.leaks(secrets, leaks.lines(commands))} == {"command line of psql"}
