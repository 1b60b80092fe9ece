"""Programs that are measured as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from covid_cli.stack.process import Command, Process

_STOP_SECONDS = 20.0


@contextmanager
def run(
    module: str, *arguments: str, environment: Mapping[str, str], log: Path, python: str = sys.executable
) -> Iterator[int]:
    """Run `python -m module` until the block ends; its process id. What it started ends with it."""
    command = Command((python, "-m", module, *arguments), environment)
    process = Process(command, log)
    try:
        yield process.pid
    finally:
        process.ask_to_stop()
        process.wait(time.monotonic() + _STOP_SECONDS)


def output(module: str, *arguments: str, environment: Mapping[str, str], seconds: float) -> str:
    """Run `python -m module` to its end; what it printed. Raises `RuntimeError` with its last words."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout
