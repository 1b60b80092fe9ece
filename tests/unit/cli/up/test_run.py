"""How `covid up` ends: whatever can still be said, everything is stopped."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from covid_cli.settings import CliSettings
from covid_cli.up import run

pytestmark = pytest.mark.usefixtures("signal_handlers")

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
VERIFIED = 3
SERVING = b"Serving until Ctrl-C."
SERVER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from rich.console import Console
from covid_cli.settings import CliSettings
from covid_cli.up import run

def stop():
    Path(sys.argv[1]).touch()

run.Stack = lambda home, *_: SimpleNamespace(
    home=home, supervisor=SimpleNamespace(cancel=lambda: None), serving=lambda: None, stop=stop
)
run._start = lambda *_: 3
sys.exit(run.up(run.Options(Path("home"), None, None), CliSettings(), Console()))
"""
"""A process of `covid up` without parts, which touches a file where it stops them."""
ON_A_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""Before it: its input is the terminal whose end it is told of, whoever runs the tests under `nohup`."""


class _Stack:
    """Serves until `end` has sent a signal, and counts its stops."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.home = Path("home")
        self.supervisor = SimpleNamespace(cancel=lambda: None, watched={})
        self.serving = end
        self.stops = 0

    def stop(self) -> None:
        for further in ALL:
            os.kill(os.getpid(), further)
        self.stops += 1


class _View:
    """Says everything, or raises `failure`."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.said.append(sentence)


def ended(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[], None], failure: BaseException | None = None
) -> tuple[int, _Stack, list[str]]:
    """The exit code, the stack and what was said of a run whose words fail from its end on."""
    view = _View(None)

    def serving() -> None:
        view.failure = failure
        end()

    stack = _Stack(serving)
    monkeypatch.setattr(run, "Stack", lambda *_: stack)
    monkeypatch.setattr(run, "View", lambda *_: view)
    monkeypatch.setattr(run, "_start", lambda *_: VERIFIED)
    code = run.up(run.Options(Path("home"), None, None), CliSettings(), Console())
    return code, stack, view.said


@pytest.mark.parametrize("number", ALL)
def test_each_signal_stops_the_stack_once(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    code, stack, said = ended(monkeypatch, lambda: os.kill(os.getpid(), number))
    assert (code, stack.stops) == (VERIFIED, 1)
    assert said[0] == "Stopping…"
    assert said[1].startswith("Stopped after ")


@pytest.mark.parametrize("failure", [SystemExit(1), OSError(errno.EIO, "Input/output error")])
def test_a_stack_stops_where_nobody_hears_it(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    """Rich leaves by SystemExit where the reader of a pipe has gone; a closed terminal is an OSError."""
    code, stack, _ = ended(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGHUP), failure)
    assert (code, stack.stops) == (VERIFIED, 1)


def test_a_stack_stops_where_its_words_cannot_be_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[_Stack] = []
    stop = _Stack.stop
    monkeypatch.setattr(_Stack, "stop", lambda stack: (stop(stack), stopped.append(stack)))
    failure = UnicodeEncodeError("ascii", "…", 0, 1, "ordinal not in range(128)")
    with pytest.raises(UnicodeEncodeError):
        ended(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGTERM), failure)
    assert len(stopped) == 1


def test_under_nohup_a_closed_terminal_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    went_on: list[bool] = []

    def end() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        went_on.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    _, stack, _ = ended(monkeypatch, end)
    assert went_on
    assert stack.stops == 1


def test_ctrl_c_stops_a_stack_whose_pipe_has_lost_its_reader(tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    process = subprocess.Popen((sys.executable, "-c", SERVER, stopped), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == SERVING
        process.stdout.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == VERIFIED
    finally:
        process.kill()
        process.wait()
    assert stopped.exists()


def test_a_stack_stops_when_its_terminal_is_closed(tmp_path: Path) -> None:
    stopped = tmp_path / "stopped"
    ours, its = pty.openpty()
    argv = (sys.executable, "-c", ON_A_TERMINAL + SERVER, stopped)
    process = subprocess.Popen(argv, stdin=its, stdout=its, stderr=its, start_new_session=True)
    os.close(its)
    try:
        words = b""
        while SERVING not in words:
            words += os.read(ours, 1000)
        os.close(ours)
        process.wait(20)
    finally:
        process.kill()
        process.wait()
    assert stopped.exists()
