"""How long the data of what a command starts on this machine stays."""

from __future__ import annotations

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
