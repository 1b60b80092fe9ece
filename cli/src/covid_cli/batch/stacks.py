"""A stack for a job that needs the stream and the stores: the one that runs, or one of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from covid_cli import home as homes
from covid_cli import settings
from covid_cli.stack.ports import DEFAULTS, fresh
from covid_cli.stack.stack import Stack


@contextmanager
def stack_of(home: Path | None, tell: Callable[[str], None]) -> Iterator[tuple[Mapping[str, str], Path]]:
    """The settings of the stack in a home, which must run, and its folder of logs.

    Without a home one is started in a folder that is removed afterwards. Raises `UserError`.
    """
    if home is not None:
        where, state = homes.running(home)
        yield state.environment, where / "logs"
        return
    with tempfile.TemporaryDirectory(prefix="covid-batch-", ignore_cleanup_errors=True) as folder:
        stack = Stack(Path(folder), settings.read(), fresh(DEFAULTS))
        try:
            tell("starting Kafka, Spark and the stores")
            stack.prepare(lambda size: lambda received: None)
            stack.begin_slowest()
            stack.start_servers()
            stack.start_services()
            yield stack.state.environment, Path(folder) / "logs"
        finally:
            stack.stop()
