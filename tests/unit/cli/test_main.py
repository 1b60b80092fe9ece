"""The command line as a process: usage, exit codes, and errors as one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from covid_cli import main
from covid_cli.main import COMMANDS

COVID = ("-m", "covid_cli")
WITHOUT_JAVA = """
from pathlib import Path
from covid_cli.main import main
from covid_cli.stack import java

java._LINUX_FOLDER = java._MACOS_FINDER = Path("/nonexistent")
main()
"""
"""`covid` on a machine that has none but what JAVA_HOME and PATH name."""


def covid(
    *arguments: str, program: tuple[str, ...] = COVID, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "120", **environment},
        timeout=120,
    )


def test_help_lists_every_command() -> None:
    answer = covid("--help")
    assert answer.returncode == 0
    assert all(f"  {name} " in answer.stdout for name in COMMANDS)


def test_a_command_asks_this_machine_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "a.test")
    seen: list[str] = []
    monkeypatch.setattr(main, "app", lambda: seen.extend((os.environ["NO_PROXY"], os.environ["no_proxy"])))
    main.main()
    assert seen == ["a.test,127.0.0.1,localhost"] * 2


@pytest.mark.parametrize("arguments", [["bogus"], ["up", "--prot", "1"], ["up", "--port", "many"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    answer = covid(*arguments)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["status", "down", "verify"])
def test_a_home_without_a_stack_is_one_sentence(tmp_path: Path, command: str) -> None:
    answer = covid(command, "--home", str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"covid: No stack has been started in {tmp_path}")
    assert len(answer.stderr.splitlines()) == 1


def test_publishing_without_a_stack_is_one_sentence(tmp_path: Path) -> None:
    answer = covid("publish", str(tmp_path), "--home", str(tmp_path), COVID_KAFKA_BOOTSTRAP="")
    assert answer.returncode == 1
    assert "No stack has been started" in answer.stderr


def test_no_java_is_one_sentence_that_names_the_systems(tmp_path: Path) -> None:
    home, nowhere = str(tmp_path / "home"), str(tmp_path)
    program = ("-c", WITHOUT_JAVA)
    answer = covid("up", "--no-publish", "--home", home, program=program, PATH=nowhere, JAVA_HOME=nowhere)
    assert answer.returncode == 1
    assert "Java 17 to 22 is needed" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_data_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    answer = covid("up", "--home", str(tmp_path / "home"), "--data", str(tmp_path / "absent"))
    assert answer.returncode == 1
    assert "does not exist" in answer.stderr
    assert not (tmp_path / "home").exists()


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = covid("up", "--no-publish", "--home", str(tmp_path / "file" / "home"))
    assert answer.returncode == 1
    assert "cannot be written" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
