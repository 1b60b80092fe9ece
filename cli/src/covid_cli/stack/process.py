"""One child process: its own process group, its log file, and an orderly end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_POLL = 0.05
_NICE = ("nice", "-n", "5")  # becomes the command itself, so the process id stays


@dataclass(frozen=True)
class Command:
    """What to run. `environment` is added to this process's own; `stop` is the polite signal.

    `yields`: others get the processor first where there is not enough for all.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    stop: signal.Signals = signal.SIGTERM
    yields: bool = False


class Process:
    """A running command. Its output is appended to a log file."""

    def __init__(self, command: Command, log: Path) -> None:
        """Start the command. Raises `OSError` when it cannot be started."""
        self._command = command
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                (*_NICE, *command.argv) if command.yields else command.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=command.folder,
                env={**os.environ, **command.environment},
                # A group of its own: Ctrl-C in the terminal reaches only the supervisor, which stops
                # the parts in order, and stopping a part also stops what it started.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._popen.pid

    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def ask_to_stop(self) -> None:
        """Send the polite signal to the process alone; it stops its own children."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(self._command.stop)

    def wait(self, deadline: float) -> None:
        """Wait until it has ended; at the deadline (of `time.monotonic`) kill the whole group."""
        while self.exit_code() is None and time.monotonic() < deadline:
            time.sleep(_POLL)
        kill_group(self.pid)
        self._popen.wait()


def kill_group(pid: int) -> None:
    """Kill a process group that we started, where anything of it is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_families(heads: Iterable[psutil.Process], seconds: float) -> None:
    """Kill processes and their descendants, and wait until they are gone, at most so long.

    By the tree and not by the group: PostgreSQL's backends each lead a session of their own.
    """
    family: list[psutil.Process] = []
    for head in heads:
        with contextlib.suppress(psutil.Error):  # it has just ended
            family += [head, *head.children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(family, timeout=seconds)
