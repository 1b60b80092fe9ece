"""`covid maintain`: the sinks' program that keeps the lake quick to read, pointed at the stack of a home."""

from __future__ import annotations

import os
import sys

import typer

from covid_cli.home import Home
from covid_cli.publish import environment


def command(context: typer.Context, home: Home = None) -> None:
    """Merge the lake's small files, expire old snapshots: covid maintain [--dry-run] [--json] [--help]."""
    arguments = [sys.executable, "-m", "covid_sinks", "maintain", *context.args]
    added = {} if {"--help", "-h"} & set(context.args) else environment(home)
    sys.stdout.flush()
    # That program takes this process's place, so that signals and its exit code are its own.
    os.execve(sys.executable, arguments, {**os.environ, **added})  # noqa: S606
