"""A sink as a process, and waiting for what it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

PATIENCE = 60


class Process:
    """One sink; restarts keep its group and its tables."""

    def __init__(self, store: str, environ: Mapping[str, str], log: Path) -> None:
        self.store = store
        self.environ = dict(environ)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._logged = 0

    def start(self, **more: str) -> None:
        self._logged = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "covid_sinks", self.store],
                env={**os.environ, **self.environ, **more},
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """What it said since it was started."""
        return self._log.read_bytes()[self._logged :].decode()

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> tuple[int, float]:
        """SIGTERM; the exit status, and how many seconds it took."""
        started = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        status = self.running.wait(timeout=30)
        return status, time.monotonic() - started

    def page(self, path: str) -> tuple[int, str]:
        found = re.search(r"on port (\d+)", self.log)
        if found is None:
            return 0, ""
        try:
            answer = httpx.get(f"http://127.0.0.1:{found[1]}{path}", timeout=5, trust_env=False)
            return answer.status_code, answer.text
        except httpx.TransportError:
            return 0, ""


Run = Callable[..., Process]


def until(
    condition: Callable[[], bool], what: str, process: Process | None = None, patience: float = PATIENCE
) -> None:
    """Wait for the condition. What is dear to ask is asked less often: the sink needs the processor, too."""
    deadline = time.monotonic() + patience
    while True:
        asked = time.monotonic()
        if condition():
            return
        log = process.log[-3000:] if process else ""
        assert time.monotonic() < deadline, f"{what}: not within {patience} s\n{log}"
        time.sleep(max(0.1, time.monotonic() - asked))
