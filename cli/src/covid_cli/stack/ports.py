"""Choosing TCP ports on loopback."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterable, Mapping

from covid_cli.errors import UserError

HOST = "127.0.0.1"
# Below the range that Linux and macOS hand to outgoing connections, so that a chosen port stays free.
_LOW, _HIGH = 20_000, 32_000
_ATTEMPTS = 200
_POLL = 0.05

DEFAULTS = {
    "kafka": 9092,
    "kafka-controller": 9093,
    "s3": 8333,
    "s3-grpc": 18333,
    "seaweedfs-master": 9333,
    "seaweedfs-master-grpc": 19333,
    "seaweedfs-volume": 8380,
    "seaweedfs-volume-grpc": 18380,
    "seaweedfs-filer": 8888,
    "seaweedfs-filer-grpc": 18888,
    "dynamodb": 8042,
    "postgres": 5433,
    "api": 8000,
    "stream": 8010,
    "sink-dynamodb": 8011,
    "sink-s3": 8012,
    "sink-rds": 8013,
    "sink-redshift": 8014,
    "alerts": 8015,
}


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now, on loopback or on every address."""
    for host in (HOST, "0.0.0.0"):  # noqa: S104 - tried and closed at once
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def until_free(ports: Iterable[int], seconds: float) -> None:
    """Return once all ports are free, or after `seconds`."""
    deadline = time.monotonic() + seconds
    for port in ports:
        while not is_free(port) and time.monotonic() < deadline:
            time.sleep(_POLL)


def choose(wanted: Mapping[str, int], told: Callable[[str, int, int], None]) -> dict[str, int]:
    """A free port for every name: the wanted one, or another and `told(name, wanted, chosen)`; for 0 any.

    Raises `UserError` when no port is free.
    """
    chosen: dict[str, int] = {}
    for name, port in wanted.items():
        taken = set(chosen.values())
        if port == 0:
            chosen[name] = _another(taken | set(wanted.values()))
        elif port in taken or not is_free(port):
            chosen[name] = _another(taken | set(wanted.values()))
            told(name, port, chosen[name])
        else:
            chosen[name] = port
    return chosen


def fresh(names: Iterable[str]) -> dict[str, int]:
    """A random free port for every name. Raises `UserError` when no port is free."""
    chosen: dict[str, int] = {}
    for name in names:
        chosen[name] = _another(set(chosen.values()))
    return chosen


def _another(taken: set[int]) -> int:
    for _ in range(_ATTEMPTS):
        port = random.randint(_LOW, _HIGH)  # noqa: S311
        if port not in taken and is_free(port):
            return port
    raise UserError(f"No free port between {_LOW} and {_HIGH} on {HOST}: stop some other servers.")
