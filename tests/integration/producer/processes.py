"""The producer as a process: run once, or left watching."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

SECONDS = 30
Publish = Callable[..., subprocess.CompletedProcess[str]]


class Watching:
    """The producer as a service."""

    def __init__(self, environ: Mapping[str, str], log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "covid_producer",
                    "publish",
                    "--every",
                    "300ms",
                    "--watch",
                    *arguments,
                ],
                env={**os.environ, **environ},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def until(self, text: str) -> None:
        deadline = time.monotonic() + SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def until_ready(self) -> None:
        self.until("health and metrics on port ")
        port = self.output.partition("on port ")[2].split()[0]
        deadline = time.monotonic() + SECONDS
        while httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code != 200:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        assert "covid_producer_records_total" in httpx.get(f"http://127.0.0.1:{port}/metrics").text

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


Watch = Callable[..., Watching]
