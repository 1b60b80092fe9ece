"""What `covid doctor` says of machines and homes that are not well, each made so for real."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from covid_cli.doctor import stack
from covid_cli.doctor.command import command
from covid_cli.stack import config, java
from covid_cli.stack.config import Credentials
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.state import Child, StackState

app = typer.Typer()
app.command()(command)


Report = dict[str, tuple[str, str]]
"""Level and sentence by what they are about."""


def doctor(home: Path) -> tuple[int, Report]:
    """The exit code and what is told, of machine and stack."""
    answer = CliRunner().invoke(app, ["--home", str(home), "--json"])
    assert isinstance(answer.exception, SystemExit | None), answer.exception
    found = json.loads(answer.stdout)
    report = {one["about"]: (one["level"], one["sentence"]) for one in found}
    assert len(report) == len(found)
    return answer.exit_code, report


def of_stack(home: Path, found: StackState) -> Report:
    """What is told of a stack alone: asking Java and the engine takes its time."""
    return {one.about: (one.level, one.sentence) for one in stack.check(home, found)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _no_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Reading the real ones takes its time.
    monkeypatch.setenv("COVID_CACHE", str(tmp_path / "cache"))


def test_what_is_only_to_be_fetched_is_a_warning(home: Path) -> None:
    code, report = doctor(home)
    level, sentence = report["jars"]
    assert level == "warning"
    assert "`covid warm` fetches" in sentence
    assert report["class archives"][0] == "warning"
    assert [report[about][0] for about in ("python", "java", "home", "cache", "stack")] == ["ok"] * 5
    assert code == 0


def test_people_read_a_line_each(home: Path) -> None:
    answer = CliRunner().invoke(app, ["--home", str(home)])
    lines = answer.stdout.splitlines()
    assert f"ok       stack: None has been started in {home}: `covid up` starts one." in lines
    assert all(line.startswith(("ok ", "warning ", "wrong ")) for line in lines)


def test_no_java_and_no_programs(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_MACOS_FINDER", tmp_path / "absent")
    monkeypatch.setattr(java, "_LINUX_FOLDER", tmp_path / "absent")
    code, report = doctor(home)
    assert code == 1
    level, sentence = report["java"]
    assert level == "wrong"
    assert "Java 17 to 22 is needed" in sentence
    assert "class archives" not in report
    assert report["container engine"][0] == report["chromium"][0] == "ok"
    assert "`covid up` does not" in report["container engine"][1]


def test_an_engine_that_does_not_run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho Cannot connect to the daemon >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    level, sentence = doctor(home)[1]["container engine"]
    assert level == "warning"
    assert "no running engine: start it" in sentence


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, report = doctor(tmp_path / "file" / "home")
    assert code == 1
    assert report["home"] == ("wrong", f"{tmp_path / 'file'} is no folder: set COVID_HOME elsewhere.")


def test_a_damaged_home(home: Path) -> None:
    (home / "stack.json").write_text("{")
    code, report = doctor(home)
    assert code == 1
    level, sentence = report["stack"]
    assert level == "wrong"
    assert "is damaged" in sentence


def test_a_taken_port_is_told_with_its_holder(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ports = {**fresh(DEFAULTS), "api": port}
        report = of_stack(home, StackState(credentials=Credentials.make(), ports=ports))
    level, sentence = report["ports"]
    assert level == "warning"
    assert f"(process {os.getpid()}) has {port} (api)" in sentence
    assert "does not run" in report["stack"][1]


def test_free_ports(home: Path) -> None:
    report = of_stack(home, StackState(credentials=Credentials.make(), ports=fresh(DEFAULTS)))
    assert report["ports"] == ("ok", f"All {len(DEFAULTS)} are free.")


def test_what_a_killed_stack_left_running(home: Path) -> None:
    found = StackState(credentials=Credentials.make(), parts={"kafka": _this_process()})
    sentence = "A stack that was killed left kafka running: `covid down` ends that."
    assert of_stack(home, found)["stack"] == ("warning", sentence)


@pytest.mark.parametrize(("serving", "level"), [(True, "wrong"), (False, "warning")])
def test_parts_and_stores_that_do_not_answer(home: Path, serving: bool, level: str) -> None:
    ports, secrets = fresh(DEFAULTS), Credentials.make()
    found = StackState(
        credentials=secrets,
        ports=ports,
        environment=config.environment(home, ports, secrets),
        supervisor=_this_process(),
        serving=serving,
    )
    report = of_stack(home, found)
    for about in ("kafka", "stream", "sink-rds", "api", "store dynamodb", "store s3", "store rds"):
        assert report[about][0] == level, about
    if serving:
        assert f"{home}/logs/kafka.log says why" in report["kafka"][1]
    assert "ports" not in report


def _this_process() -> Child:
    child = Child.of(os.getpid())
    assert child is not None
    return child
