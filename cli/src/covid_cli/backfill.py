"""The commands `covid backfill` and `covid restore`: the batch process, pointed at the stack of a home."""

from __future__ import annotations

import typer

from covid_cli.batch.spark import own_jvm
from covid_cli.becoming import become
from covid_cli.home import Home
from covid_cli.publish import environment


def backfill(context: typer.Context, home: Home = None) -> None:
    """Fill in history: covid backfill records PATH… | metrics [--dry-run] [--help]."""
    _become(context.args, home)


def restore(context: typer.Context, home: Home = None) -> None:
    """Refill a lost covid.records from the archive: covid restore [--dry-run] [--help]."""
    _become(["restore", *context.args], home)


def _become(given: list[str], home: Home) -> None:
    become("covid_batch.backfill", given, lambda: {**_settings(home), **own_jvm()} if given else {})


def _settings(home: Home) -> dict[str, str]:
    """Of the stack's environment what is a setting: the rest is for the streaming job's own JVM."""
    return {name: value for name, value in environment(home).items() if name.startswith("COVID_")}
