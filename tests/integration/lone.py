"""Servers of a test's own, where it does to them what others must not see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from covid_cli import provision, settings
from covid_cli.stack import config
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.servers import postgres
from covid_cli.stack.stack import Stack


@contextmanager
def servers(home: Path, *names: str) -> Iterator[dict[str, str]]:
    """Some of the embedded stack's servers, their disks in `home`, with all topics; the settings by which a
    service finds them."""
    stack = Stack(home, settings.read(), fresh(DEFAULTS))
    try:
        stack.prepare(lambda size: lambda received: None)
        stack.supervisor.add(part for part in stack.servers if part.name in names)
        stack.supervisor.start(names)
        provision.create_topics(stack.state.environment)
        if "postgres" in names:
            url = postgres.url(stack.state.ports, stack.state.credentials.postgres_password, "postgres")
            provision.create_databases(url, config.DATABASES)
        yield stack.state.environment
    finally:
        stack.stop()


def streaming(environ: dict[str, str], folder: Path) -> dict[str, str]:
    """The settings of a streaming job that keeps its checkpoint in a folder."""
    return {
        **environ,
        "COVID_STREAM_CHECKPOINT": str(folder / "checkpoint"),
        "COVID_STREAM_LOCAL_DIR": str(folder / "local"),
        "COVID_STREAM_HTTP_PORT": "0",
    }
