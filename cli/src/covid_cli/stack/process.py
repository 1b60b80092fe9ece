"""One child process: its own process group, its log file, and an orderly end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_POLL = 0.05


@dataclass(frozen=True)
class Command:
    """What to run. `environment` is added to this process's own; `stop` is the polite signal."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    stop: signal.Signals = signal.SIGTERM


class Process:
    """A running command. Its output is appended to a log file."""

    def __init__(self, command: Command, log: Path) -> None:
        """Start the command. Raises `OSError` when it cannot be started."""
        self._command = command
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command.argv,
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
