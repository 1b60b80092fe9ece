"""The Thrift server over the tables of a folder, as a process of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from covid_cli.batch.spark import environment
from covid_cli.errors import UserError
from covid_cli.stack.part import Part, accepts
from covid_cli.stack.ports import HOST, is_free
from covid_cli.stack.process import Command
from covid_cli.stack.supervisor import Supervisor, Watched

MODULE: Final = "covid_batch.hive"
PART: Final = "hive"


@contextmanager
def served(folder: Path, port: int) -> Iterator[Watched]:
    """The server, once it answers; it is stopped at the end. Raises `UserError`."""
    if not is_free(port):
        raise UserError(f"Port {port} is taken: stop what listens there, or name another by --port.")
    argv = (sys.executable, "-m", MODULE, "serve", str(folder), "--host", HOST, "--port", str(port))
    part = Part(PART, Command(argv, dict(environment())), lambda: accepts(port))
    supervisor = Supervisor(folder / "logs")
    (watched,) = supervisor.add([part])
    try:
        supervisor.start([PART])
        yield watched
    finally:
        supervisor.stop([[PART]])
