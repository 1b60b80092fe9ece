"""`covid publish`: the producer, pointed at the stack of a home."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import typer

from covid_cli import home as homes
from covid_cli.home import Home
from covid_core.settings import KafkaSettings, variable


def environment(home: Home) -> Mapping[str, str]:
    """What points a process at the running stack; or nothing, where the environment names a broker already
    and no home is given. Raises `UserError`."""
    if home is None and os.environ.get(variable(KafkaSettings, "bootstrap")):
        return {}
    return homes.running(home)[1].environment


def command(context: typer.Context, home: Home = None) -> None:
    """Publish the publishers' files: covid publish PATH… [--watch PLACE…] [--help]."""
    arguments = [sys.executable, "-m", "covid_producer", "publish", *context.args]
    asks_for_help = bool({"--help", "-h"} & set(context.args))
    added = {} if asks_for_help else environment(home)
    sys.stdout.flush()
    # The producer takes this process's place, so that signals and its exit code are its own.
    os.execve(sys.executable, arguments, {**os.environ, **added})  # noqa: S606
