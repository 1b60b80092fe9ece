"""What a start of the embedded stack asks for, and what a stop leaves."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from covid_cli.settings import CliSettings
from covid_cli.stack import jars, pins, state
from covid_cli.stack.part import Part, State
from covid_cli.stack.process import Command
from covid_cli.stack.stack import Stack


class _Asked(Exception):
    """Ends the start once the jars were asked for."""


def test_a_start_fetches_nothing_that_only_aws_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def fetch(repository: str, wanted: list[tuple[Path, pins.Jar]], progress: jars.Progress) -> None:
        asked.update(jar.group for _, jar in wanted)
        raise _Asked

    monkeypatch.setattr(jars, "fetch", fetch)
    stack = Stack(tmp_path / "home", CliSettings(cache=str(tmp_path / "cache")))
    try:
        with pytest.raises(_Asked):
            stack.prepare(lambda size: lambda count: None)
    finally:
        stack.stop()
    assert asked == {"kafka", "dynamodb", "spark"}


def test_a_full_disk_keeps_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(home: Path, written: state.StackState) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    stack = Stack(tmp_path / "home", CliSettings(cache=str(tmp_path / "cache")))
    stack.supervisor.launch([Part("sleeper", Command(("sleep", "60")), lambda: True)])
    monkeypatch.setattr(state, "write", full)
    stack.stop()
    sleeper = stack.supervisor.watched["sleeper"]
    assert sleeper.state is State.STOPPED
    assert sleeper.process is not None
    assert sleeper.process.exit_code() is not None
    left = state.read(tmp_path / "home")  # as the start of the part has left it
    assert left is not None
    assert left.parts["sleeper"].process() is None
    state.lock(tmp_path / "home").close()
