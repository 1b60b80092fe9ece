"""The health of every part of a stack that another process runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from covid_cli.stack import services
from covid_cli.stack.servers import dynamodb, kafka, postgres, seaweedfs
from covid_cli.stack.state import StackState


def check(state: StackState) -> dict[str, bool]:
    """Ask every part at the same time; takes at most a few seconds."""
    checks: dict[str, Callable[[], bool]] = {
        "kafka": kafka.healthy(state.ports),
        "dynamodb": dynamodb.healthy(state.ports),
        "postgres": postgres.healthy(state.ports, state.credentials.postgres_password),
        "seaweedfs": seaweedfs.healthy(state.ports),
        **services.healthy(state.ports),
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        return dict(zip(checks, pool.map(lambda ask: ask(), checks.values()), strict=True))
