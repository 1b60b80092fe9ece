"""`covid down`: stop the stack of a home; its data stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import psutil
import typer

from covid_cli import home as homes
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.progress import telling
from covid_cli.stack import state as states
from covid_cli.stack.process import kill_group
from covid_cli.stack.state import StackState

SECONDS = 20.0
"""The stack stops within 15 seconds; after these it is killed."""


def command(
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: what was stopped, as JSON.")] = False,
) -> None:
    """Stop a running stack. What it has stored stays, and the next `covid up` goes on.

    Exit codes: 0 nothing runs any more; 1 there never was a stack.
    """
    where, state = homes.known(home)
    supervisor = state.supervisor.process() if state.supervisor else None
    with telling("stopping: what is under way is finished first"):
        if supervisor is not None:
            _end(supervisor)
        left = _end_leftovers(where, states.read(where) or state)
    if as_json:
        typer.echo(json.dumps({"home": str(where), "stopped": supervisor is not None or left}))
    elif supervisor is None and not left:
        typer.echo(f"No stack runs in {where}.")
    else:
        typer.echo(f"Stopped. The data is kept in {where}; `covid up` goes on with it.")


def _end(supervisor: psutil.Process) -> None:
    supervisor.terminate()
    try:
        supervisor.wait(SECONDS)
    except psutil.TimeoutExpired:
        supervisor.kill()
        supervisor.wait(SECONDS)


def _end_leftovers(where: Path, state: StackState) -> bool:
    """Kill what a supervisor that was killed could not stop. Whether there was anything."""
    left = [child for child in state.parts.values() if child.process() is not None]
    for child in left:
        kill_group(child.pid)
    if left:
        state.parts, state.supervisor, state.serving = {}, None, False
        try:
            states.write(where, state)
        except OSError as error:
            raise UserError(f"{where} cannot be written: {error.strerror}.") from error
    return bool(left)
