"""`stack.json` and the lock of a home."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert Child(me.pid, me.created - 100).process() is None


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
