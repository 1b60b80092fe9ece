"""The publishers' files, where this machine has them, and the program that publishes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.stack import Servers
from covid_cli import settings

_REFUSED = 3
"""Exit code of a producer that has published all but some lines, which it names."""


def files() -> Path:
    """The folder with them. Raises `FileNotFoundError`."""
    given = settings.read().data_dir
    if given is None or not Path(given).is_dir():
        raise FileNotFoundError("set COVID_DATA_DIR to a folder with the publishers' files of several days")
    return Path(given)


def publish(stack: Servers, countries: str = "CA") -> None:
    """Publish all vintages: `CA`, or `all` countries. Raises `RuntimeError` with what the producer said."""
    argv = [sys.executable, "-m", "covid_producer", "publish", str(files()), "--countries", countries]
    done = subprocess.run(
        argv, env={**os.environ, **stack.environment}, check=False, capture_output=True, text=True
    )
    if done.returncode not in (0, _REFUSED):
        raise RuntimeError(f"the producer ended with {done.returncode}: {done.stderr[-2000:]}")
