"""A part of the stack: what to run, how to see that it works, and where it stands."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import httpx

from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command


class State(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"
    STARTING = "starting"
    HEALTHY = "healthy"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


def nothing() -> None:
    """Nothing to do."""


@dataclass(frozen=True)
class Part:
    """One part. `prepare` runs before every start, `tidy` after the end; `healthy` never raises."""

    name: str
    command: Command
    healthy: Callable[[], bool]
    prepare: Callable[[], None] = nothing
    tidy: Callable[[], None] = nothing
    start_seconds: float = 90
    stop_seconds: float = 6
    """Until it is killed. Services and servers stop one after the other, and 15 s are promised for both."""


def accepts(port: int) -> bool:
    """Whether something on loopback accepts a TCP connection."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def answers(url: str, status: int = 200) -> Callable[[], bool]:
    """A health check: the URL answers with this status within 2 seconds."""

    def check() -> bool:
        try:
            # Never through a proxy: the part runs on this machine.
            return httpx.get(url, timeout=2, trust_env=False).status_code == status
        except httpx.HTTPError:
            return False

    return check
