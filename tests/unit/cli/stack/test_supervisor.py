"""Starting, reviving and stopping, with real child processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from covid_cli.errors import UserError
from covid_cli.stack import supervisor as supervising
from covid_cli.stack.part import Part, State
from covid_cli.stack.process import Command
from covid_cli.stack.supervisor import Supervisor

READY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY
PARENT = (
    "import subprocess, sys; "
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); "
) + READY


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs")
    yield made
    made.stop([list(made.watched)])


def part(folder: Path, name: str, code: str = READY, **options: object) -> Part:
    """A part that is healthy once its program has touched a file."""
    mark = folder / f"{name}.ready"

    def prepare() -> None:
        mark.unlink(missing_ok=True)

    command = Command((sys.executable, "-c", code, str(mark)))
    settings: dict[str, object] = {"start_seconds": 20.0, "stop_seconds": 5.0, "prepare": prepare} | options
    return Part(name, command, mark.exists, **settings)  # type: ignore[arg-type]


def eventually(true: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_parts_start_at_the_same_time_and_stop(tmp_path: Path, supervisor: Supervisor) -> None:
    slow = "import time; time.sleep(1); " + READY
    names = [watched.part.name for watched in supervisor.add(part(tmp_path, n, slow) for n in "abc")]
    started = time.monotonic()
    supervisor.start(names)
    assert time.monotonic() - started < 3.5
    assert {watched.state for watched in supervisor.watched.values()} == {State.HEALTHY}
    pids = supervisor.running().values()
    assert len(pids) == 3
    supervisor.stop([names])
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert supervisor.running() == {}


def test_a_part_that_ends_while_starting_is_a_sentence_with_its_last_words(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    supervisor.add([part(tmp_path, "broken", "raise SystemExit('no such table')")])
    with pytest.raises(UserError, match=r"broken ended with exit code 1 .*no such table.*broken\.log"):
        supervisor.start(["broken"])
    assert supervisor.watched["broken"].state is State.FAILED


def test_a_full_disk_is_told_as_such(tmp_path: Path, supervisor: Supervisor) -> None:
    code = "import sys; print('IOException: No space left on device'); print('bye'); sys.exit(1)"
    supervisor.add([part(tmp_path, "full", code)])
    with pytest.raises(UserError, match="the disk is full"):
        supervisor.start(["full"])


def test_a_part_that_never_gets_ready_is_a_sentence(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([part(tmp_path, "hung", "import time; time.sleep(600)", start_seconds=0.5)])
    with pytest.raises(UserError, match="hung was not ready within"):
        supervisor.start(["hung"])


def test_a_program_that_is_not_there_is_a_sentence(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([Part("absent", Command((str(tmp_path / "nothing"),)), lambda: True)])
    with pytest.raises(UserError, match="absent could not be started"):
        supervisor.start(["absent"])


def test_starting_can_be_given_up(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([part(tmp_path, "hung", "import time; time.sleep(600)")])
    threading.Timer(0.5, supervisor.cancel).start()
    started = time.monotonic()
    with pytest.raises(UserError, match="stopped while starting"):
        supervisor.start(["hung"])
    assert time.monotonic() - started < 5


def test_what_dies_is_started_again(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([part(tmp_path, "mortal")])
    supervisor.start(["mortal"])
    supervisor.watch()
    watched = supervisor.watched["mortal"]
    first = supervisor.running()["mortal"]
    os.kill(first, signal.SIGKILL)
    eventually(lambda: watched.restarts == 1 and watched.state is State.HEALTHY)
    assert supervisor.running()["mortal"] != first


def test_what_keeps_dying_waits_ever_longer_and_what_ran_well_does_not(
    tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (watched,) = supervisor.add([part(tmp_path, "sickly")])
    supervisor.start(["sickly"])
    now = watched.since
    monkeypatch.setattr(supervising, "time", SimpleNamespace(monotonic=lambda: now))

    def pause_after(seconds: float) -> float:
        nonlocal now
        now += seconds
        process = watched.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        eventually(lambda: process.exit_code() is not None)
        watched.revive()
        died = now
        while watched.state is State.RESTARTING:
            now += 0.5
            watched.revive()
        return now - died

    assert [pause_after(1) for _ in range(4)] == [2, 4, 8, 8]
    assert [pause_after(21), pause_after(1)] == [1, 2]


def test_every_new_process_is_told_at_once(tmp_path: Path) -> None:
    seen: list[dict[str, int]] = []
    supervisor = Supervisor(tmp_path / "logs", lambda: seen.append(supervisor.running()))
    supervisor.add([part(tmp_path, "a")])
    supervisor.start(["a"])
    try:
        assert seen == [supervisor.running()]
    finally:
        supervisor.stop([["a"]])


def test_a_process_whose_id_cannot_be_written_down_is_not_started_twice(tmp_path: Path) -> None:
    full = threading.Event()

    def write_down() -> None:
        if full.is_set():
            raise UserError("No space left on device")

    supervisor = Supervisor(tmp_path / "logs", write_down)
    (watched,) = supervisor.add([part(tmp_path, "a")])
    supervisor.start(["a"])
    try:
        full.set()
        os.kill(supervisor.running()["a"], signal.SIGKILL)
        supervisor.watch()
        eventually(lambda: watched.restarts == 1 and watched.state is State.HEALTHY)
        assert watched.restarts == 1
    finally:
        supervisor.stop([["a"]])


def test_a_part_that_ignores_the_polite_signal_is_killed(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([part(tmp_path, "stubborn", STUBBORN, stop_seconds=1.0)])
    supervisor.start(["stubborn"])
    pid = supervisor.running()["stubborn"]
    started = time.monotonic()
    supervisor.stop([["stubborn"]])
    assert time.monotonic() - started < 4
    assert not psutil.pid_exists(pid)


def test_what_a_part_started_ends_with_it(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.add([part(tmp_path, "parent", PARENT)])
    supervisor.start(["parent"])
    child = psutil.Process(int((tmp_path / "logs" / "parent.log").read_text()))
    supervisor.stop([["parent"]])

    def ended() -> bool:
        return not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    eventually(ended, 5)


def test_phases_stop_one_after_the_other(tmp_path: Path, supervisor: Supervisor) -> None:
    ended: list[str] = []
    supervisor.add(
        part(tmp_path, name, tidy=lambda name=name: ended.append(name)) for name in ("server", "service")
    )
    supervisor.start(["server", "service"])
    supervisor.stop([["service"], ["server"]])
    assert ended == ["service", "server"]
