"""A part of the stack: what to run, how to see that it works, and where it stands."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

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
    parts = urlsplit(url)

    def check() -> bool:
        # Asked ten times a second while ten parts start: a client that first loads certificates, as httpx
        # and requests do, would take from the parts the processor that they start on.
        connection = HTTPConnection(parts.hostname or HOST, parts.port, timeout=2)
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status == status
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return check
