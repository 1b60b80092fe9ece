"""Which stack a command means: `--home`, else COVID_HOME, else the default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from covid_cli import settings
from covid_cli.errors import UserError
from covid_cli.stack import state
from covid_cli.stack.state import StackState

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of one stack's data, logs and state.", show_default="~/.covid-tracker"
    ),
]
"""The option, as commands declare it."""


def folder(home: Path | None) -> Path:
    """The absolute path of the home."""
    return (home or Path(settings.read().home)).expanduser().absolute()


def known(home: Path | None) -> tuple[Path, StackState]:
    """A home that has held a stack, and its state. Raises `UserError` where none ever has."""
    where = folder(home)
    found = state.read(where)
    if found is None:
        raise UserError(f"No stack has been started in {where}: `covid up` starts one, --home names another.")
    return where, found


def running(home: Path | None) -> tuple[Path, StackState]:
    """A home whose stack runs now, and its state. Raises `UserError`."""
    where, found = known(home)
    if found.supervisor is None or found.supervisor.process() is None:
        raise UserError(f"The stack in {where} does not run: start it with `covid up --home {where}`.")
    return where, found
