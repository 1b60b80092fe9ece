"""`covid stream watch`: the micro-batches of a running stream, as they are committed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli import home as homes
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.stream.batches import Watch
from covid_core.environment import variable
from covid_core.settings import StreamSettings

_POLL: Final = 0.2

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Look at the streaming job."""


@app.command()
def watch(
    home: Home = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Folder of a stream's checkpoint.", show_default="that of the stack in the home"),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Only those that the checkpoint holds now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: an object a line.")] = False,
) -> None:
    """Show each micro-batch: records, seconds, and how far the log is read. Ends with Ctrl-C.

    Exit codes: 0 told; 1 there is no checkpoint, or (with --once) nothing in it.
    """
    folder = checkpoint.expanduser().absolute() if checkpoint is not None else _of(home)
    if checkpoint is not None and not folder.is_dir():
        raise UserError(f"{folder} is not there: name the folder that COVID_STREAM_CHECKPOINT has.")
    following = Watch(folder)
    told = False
    try:
        while True:
            for batch in following.new():
                typer.echo(json.dumps(batch.to_json()) if as_json else batch)
                told = True
            if once:
                break
            time.sleep(_POLL)
    except KeyboardInterrupt:
        return
    if not told:
        raise UserError(f"No micro-batch has been committed in {folder} yet: publish some records.")


def _of(home: Path | None) -> Path:
    _, state = homes.known(home)
    return Path(state.environment[variable(StreamSettings, "checkpoint")])
