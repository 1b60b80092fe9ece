"""moto's server: control planes of AWS, in memory. It accepts and tracks; it runs no cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command


def url(ports: Mapping[str, int]) -> str:
    """The endpoint of every service."""
    return f"http://{HOST}:{ports['moto']}"


def healthy(ports: Mapping[str, int]) -> Callable[[], bool]:
    """A check that the server answers."""
    return answers(f"{url(ports)}/moto-api/")


def moto(ports: Mapping[str, int]) -> Part:
    """The server. It keeps nothing on disk, and takes any credentials."""
    command = Command((sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(ports["moto"])))
    return Part("moto", command, healthy(ports))
