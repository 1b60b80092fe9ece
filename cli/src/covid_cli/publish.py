"""`covid publish`: the producer, pointed at the stack of a home."""

from __future__ import annotations

import os
from collections.abc import Mapping

import typer

from covid_cli import home as homes
from covid_cli.becoming import become
from covid_cli.home import Home
from covid_core.environment import variable
from covid_core.settings import KafkaSettings


def environment(home: Home) -> Mapping[str, str]:
    """What points a process at the running stack; or nothing, where the environment names a broker already
    and no home is given. Raises `UserError`."""
    if home is None and os.environ.get(variable(KafkaSettings, "bootstrap")):
        return {}
    return homes.running(home)[1].environment


def command(context: typer.Context, home: Home = None) -> None:
    """Publish the publishers' files: covid publish PATH… [--watch PLACE…] [--help]."""
    become("covid_producer", ["publish", *context.args], lambda: environment(home))
