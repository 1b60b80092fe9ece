"""`covid up`: options in, exit code out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from covid_cli import home as homes
from covid_cli import settings
from covid_cli.home import Home
from covid_cli.up import data as choice
from covid_cli.up.detach import detached
from covid_cli.up.run import Options, up

_HIGHEST_PORT = 65535
_PIPE_WIDTH = 140


def command(
    home: Home = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="Of the API; a free one where it is taken, or for 0.",
            min=0,
            max=_HIGHEST_PORT,
            show_default="8000",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of publishers' files to publish.",
            show_default="COVID_DATA_DIR, else a download, else invented numbers",
        ),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once it serves.")] = False,
    no_publish: Annotated[bool, typer.Option("--no-publish", help="Only start, publish nothing.")] = False,
) -> None:
    """Start the stack, publish, show the rows arriving, verify, and serve until Ctrl-C."""
    where, given = homes.folder(home), settings.read()
    chosen = None if no_publish else choice.chosen(data, given.data_dir)
    if detach:
        arguments = ["--home", str(where)]
        arguments += [] if port is None else ["--port", str(port)]
        arguments += [] if data is None else ["--data", str(data.expanduser().absolute())]
        arguments += ["--no-publish"] if no_publish else []
        raise typer.Exit(detached(where, arguments))
    # A pipe has no width of its own, and the default of 80 columns would fold tables.
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE_WIDTH)
    raise typer.Exit(up(Options(where, port, chosen), given, console))
