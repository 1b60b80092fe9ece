"""One whole system, as `covid up` starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from covid_cli.stack import state
from tests.e2e.stores import Reader, Row, everywhere, readers

UP_SECONDS = 800
ANSWER_SECONDS = 30


class System:
    """Starts, asks and stops a stack by its command line, and by nothing else."""

    def __init__(self, home: Path, data: Path) -> None:
        self.home = home
        self.data = data
        self.output = ""
        self.stores: dict[str, Reader] = {}

    @classmethod
    def running(cls, home: Path) -> System:
        """A stack that somebody else started."""
        system = cls(home, home)
        system.stores = readers(system.status()["stores"])
        return system

    def covid(
        self, *arguments: str, seconds: float = 120, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command against this stack."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COVID_") or k == "COVID_CACHE"}
        return subprocess.run(
            [sys.executable, "-m", "covid_cli", *arguments, "--home", str(self.home)],
            capture_output=True,
            text=True,
            timeout=seconds,
            input=given,
            env=environ,
            check=False,
        )

    def up(self, *arguments: str) -> None:
        """Start in the background and wait until it serves."""
        done = self.covid("up", "--detach", "--data", str(self.data), *arguments, seconds=UP_SECONDS)
        self.output = done.stdout + done.stderr
        assert done.returncode == 0, self.output
        self.stores = readers(self.status()["stores"])

    def down(self) -> float:
        """Stop; seconds that it took."""
        started = time.monotonic()
        done = self.covid("down")
        assert done.returncode == 0, done.stdout + done.stderr
        return time.monotonic() - started

    def status(self) -> Any:
        """What `covid status --json` says."""
        return json.loads(self.covid("status", "--json").stdout)

    def environment(self) -> dict[str, str]:
        """What the stack's own services are started with."""
        found = state.read(self.home)
        assert found is not None
        return found.environment

    def verify(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and report of `covid verify`."""
        done = self.covid("verify", "--json", "--wait", "120", *arguments, seconds=300)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def api(self) -> httpx.Client:
        """A client of the API that may write."""
        found = self.status()["api"]
        headers = {"Authorization": f"Bearer {found['write_key']}"}
        return httpx.Client(base_url=found["url"], headers=headers, timeout=30, trust_env=False)

    def everywhere(self, key: tuple[str, str, str], holds: Callable[[Row | None], bool]) -> None:
        """Wait until the row of a key is as wanted in all four stores."""
        everywhere(self.stores, key, holds, ANSWER_SECONDS)


def counts(row: Row | None) -> Mapping[str, int | None]:
    """The four counts of a row, whatever its client's number type."""
    assert row is not None
    return {
        name: None if row.get(name) is None else int(row[name])
        for name in ("confirmed", "deaths", "recovered", "tests")
    }
