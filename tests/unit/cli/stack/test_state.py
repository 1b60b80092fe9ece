"""`stack.json` and the lock of a home."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from covid_cli.errors import UserError
from covid_cli.stack import state
from covid_cli.stack.config import Credentials
from covid_cli.stack.state import Child, StackState


def test_state_reads_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    written = StackState(
        credentials=Credentials.make(),
        ports={"api": 8000},
        environment={"COVID_API_PORT": "8000"},
        supervisor=Child.of(os.getpid()),
    )
    state.write(tmp_path, written)
    assert state.read(tmp_path) == written
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600


def test_a_home_without_a_stack_has_no_state(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None
    assert state.read(tmp_path / "absent") is None


@pytest.mark.parametrize("text", ["", "{", '{"ports": 3}', "\xff"])
def test_a_damaged_state_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"is damaged .* --home"):
        state.read(tmp_path)


def test_one_stack_a_home(tmp_path: Path) -> None:
    with state.lock(tmp_path / "home"), pytest.raises(UserError, match="A stack already runs in"):
        state.lock(tmp_path / "home")
    state.lock(tmp_path / "home").close()


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        state.lock(tmp_path / "file" / "home")


def test_a_process_is_known_by_its_start_too() -> None:
    me = Child.of(os.getpid())
    assert me is not None
    assert me.process() is not None
    assert replace(me, created=me.created - 100).process() is None


class _Clock:
    """A machine's wall clock, as psutil tells of it, and the name of its boot."""

    def __init__(self, folder: Path) -> None:
        self.booted = 1_800_000_000.0
        self.boot_id = folder / "boot_id"
        self.boot_id.write_text("first\n")

    @property
    def started(self) -> float:
        """Of every process: a minute after the boot."""
        return self.booted + 60


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock(tmp_path)
    monkeypatch.setattr(state, "_BOOT_ID", made.boot_id)
    monkeypatch.setattr(psutil, "boot_time", lambda: made.booted)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: made.started)
    return made


@pytest.mark.parametrize("step", [-3600, -1, 1, 2, 3600])
def test_a_process_stays_the_same_when_the_clock_is_set(clock: _Clock, step: float) -> None:
    me = Child.of(os.getpid())
    clock.booted += step
    assert me is not None
    assert me == Child.of(os.getpid())
    assert me.process() is not None


def test_a_process_of_another_boot_is_another(clock: _Clock) -> None:
    me = Child.of(os.getpid())
    clock.boot_id.write_text("second\n")
    assert me is not None
    assert me.process() is None


def test_where_no_boot_has_a_name_a_process_is_known_by_the_clock(clock: _Clock) -> None:
    clock.boot_id.unlink()
    me = Child.of(os.getpid())
    assert me == Child(os.getpid(), clock.started)
    assert me.process() is not None
    clock.booted += 100
    assert me.process() is None


def test_a_process_that_an_older_release_wrote_down_is_known(tmp_path: Path, clock: _Clock) -> None:
    """It wrote the start by the clock, and no boot."""
    older = Child(os.getpid(), clock.started)
    state.write(tmp_path, StackState(credentials=Credentials.make(), supervisor=older))
    file = tmp_path / "stack.json"
    document = json.loads(file.read_text())
    del document["supervisor"]["boot"]
    file.write_text(json.dumps(document))
    found = state.read(tmp_path)
    assert found is not None
    assert found.supervisor == older
    assert older.process() is not None
    assert replace(older, created=older.created - 100).process() is None


def test_a_process_that_ended_is_none() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child = Child.of(process.pid)
    assert child is not None
    process.kill()
    assert child.process() is None or process.wait() is not None
    process.wait()
    assert child.process() is None
    assert Child.of(process.pid) is None
    assert process.stdin is not None
    process.stdin.close()
