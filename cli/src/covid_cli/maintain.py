"""`covid maintain`: the sinks' program that keeps the lake quick to read, pointed at the stack of a home."""

from __future__ import annotations

import typer

from covid_cli.becoming import become
from covid_cli.home import Home
from covid_cli.publish import environment


def command(context: typer.Context, home: Home = None) -> None:
    """Merge the lake's small files, expire old snapshots: covid maintain [--dry-run] [--json] [--help]."""
    become("covid_sinks", ["maintain", *context.args], lambda: environment(home))
