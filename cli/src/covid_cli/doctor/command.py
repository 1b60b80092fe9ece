"""`covid doctor`, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from covid_cli import home as homes
from covid_cli import settings
from covid_cli.doctor import machine, stack
from covid_cli.doctor.finding import Finding, Level
from covid_cli.home import Home

_STYLES: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.WRONG: "bold red"}
_WIDTH: Final = max(map(len, Level))


def command(
    home: Home = None,
    json: Annotated[bool, typer.Option("--json", help="For programs: what was found, as JSON.")] = False,
) -> None:
    """Check this machine and the stack in --home: each line says what is so and, if need be, what to do.

    Nothing is changed. Exit codes: 0 nothing is wrong, warnings allowed; 1 something is wrong.
    """
    console = Console()
    found = []
    for finding in _findings(homes.folder(home)):
        found.append(finding)
        if not json:
            _show(console, finding)
    if json:
        answer = [finding._asdict() for finding in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    raise typer.Exit(1 if any(finding.level is Level.WRONG for finding in found) else 0)


def _findings(home: Path) -> Iterator[Finding]:
    state, damage = stack.read(home)
    yield from machine.check(home, settings.read(), running=stack.runs(state))
    if damage is not None:
        yield damage
        return
    yield from stack.check(home, state)


def _show(console: Console, finding: Finding) -> None:
    line = Text(f"{finding.level:<{_WIDTH}}", _STYLES[finding.level])
    line.append(f"  {finding.about}: {finding.sentence}", "default")
    console.print(line, soft_wrap=True, highlight=False)
