"""A broker with all topics, and the streaming job, apart from the servers that tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from covid_cli import provision, settings
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.stack import Stack


@contextmanager
def broker(home: Path) -> Iterator[dict[str, str]]:
    """Kafka alone, its disk in `home`; the settings by which a service finds it."""
    stack = Stack(home, settings.read(), fresh(DEFAULTS))
    try:
        stack.prepare(lambda size: lambda received: None)
        stack.supervisor.add(part for part in stack.servers if part.name == "kafka")
        stack.supervisor.start(["kafka"])
        provision.create_topics(stack.state.environment)
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
