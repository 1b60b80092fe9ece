"""How long what a command starts on this machine stays: until it ends, however it ends."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

Servers = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the servers' data and logs.", show_default="one that is removed"),
]
"""The option, as commands declare it."""


@contextmanager
def folder(home: Path | None) -> Iterator[Path]:
    """The servers' folder, made where it is missing; without a name one that is removed at the end."""
    if home is not None:
        where = home.expanduser().absolute()
        where.mkdir(parents=True, exist_ok=True)
        yield where
        return
    with tempfile.TemporaryDirectory(prefix="covid-batch-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def ended_once() -> Iterator[None]:
    """Let SIGTERM end the command like Ctrl-C; while it stops what it started, ignore further ones."""
    both = (signal.SIGINT, signal.SIGTERM)

    def end(number: int, frame: object) -> None:
        for one in both:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, end) for one in both}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
