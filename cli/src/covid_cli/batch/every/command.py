"""`covid batch run-all`: options in, a table out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from covid_cli import home as homes
from covid_cli.batch.every.platforms import PLATFORMS, Platform
from covid_cli.batch.options import absolute
from covid_cli.batch.verdict import ORACLE, Verdict, kept
from covid_cli.errors import UserError
from covid_cli.home import Home
from covid_cli.settings import CliSettings
from covid_core.environment import variable

_COVID: Final = (sys.executable, "-m", "covid_cli")
_ENDED_WELL: Final = (0, 3)
"""3: equal, but files or lines were refused, which the command has named."""
_YES: Final = "yes"
_LOCAL: Final = "local"
"""Whose rows others load."""


@dataclass(frozen=True)
class Row:
    """What came of a platform. `verdict`: yes, the first difference, or why there is none."""

    platform: Platform
    rows: str
    seconds: float
    verdict: str

    @property
    def equal(self) -> bool:
        """Whether it was compared, and nothing differed."""
        return self.verdict == _YES


def command(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of PHAC's and JHU's files.")],
    out: Annotated[Path, typer.Option(help="Folder of the outputs, one below it for each platform.")],
    only: Annotated[
        str | None, typer.Option(help="Names of platforms, comma-separated.", show_default="all")
    ] = None,
    home: Home = None,
) -> None:
    """Run every platform on this machine and compare each with the oracle.

    Some need a stack that holds the files: one is started and removed afterwards or, with --home, a running
    one is used. Exit codes: 0 every one is equal; 1 one is not, or could not be run.
    """
    (data,) = absolute([path])
    if not data.is_dir():
        raise UserError(f"{data} is no folder: name one of PHAC's and JHU's files.")
    chosen = _chosen(only)
    outputs = out.expanduser().absolute()
    with _stack(home, data, chosen) as running:
        found = [_run(platform, data, outputs, running) for platform in chosen]
    _show(found)
    raise typer.Exit(0 if all(row.equal for row in found) else 1)


def _chosen(only: str | None) -> list[Platform]:
    names = [name.strip() for name in (only or "").split(",") if name.strip()]
    unknown = sorted(set(names) - {platform.name for platform in PLATFORMS})
    if unknown:
        known = ", ".join(platform.name for platform in PLATFORMS)
        raise UserError(f"There is no platform {', '.join(unknown)}: there are {known}.")
    wanted = [platform for platform in PLATFORMS if not names or platform.name in names]
    if _needs("{rows}", wanted):
        names.append(_LOCAL)
    return [platform for platform in PLATFORMS if platform in wanted or platform.name in names]


def _needs(what: str, chosen: Sequence[Platform]) -> bool:
    return any(what in template for platform in chosen for template in platform.commands)


@contextmanager
def _stack(home: Path | None, data: Path, chosen: Sequence[Platform]) -> Iterator[Path]:
    """The home of a running stack that holds the files, where one is needed."""
    if home is not None:
        yield homes.running(home)[0]
        return
    folder = Path(tempfile.mkdtemp(prefix="covid-batch-"))
    needed = _needs("{home}", chosen)
    try:
        if needed:
            _say("starting a stack that holds the files")
            up = (*_COVID, "up", "--detach", "--data", str(data), "--home", str(folder))
            if subprocess.run(up, stdout=sys.stderr, check=False).returncode != 0:
                raise UserError("The stack could not be started; see above.")
        yield folder
    finally:
        if needed:
            subprocess.run((*_COVID, "down", "--home", str(folder)), stdout=sys.stderr, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(platform: Platform, data: Path, outputs: Path, home: Path) -> Row:
    begun = time.monotonic()
    words = {"data": data, "out": outputs / platform.name, "rows": outputs / _LOCAL / "rows", "home": home}
    with tempfile.TemporaryDirectory(prefix="covid-batch-") as folder:
        verdicts, code = Path(folder) / "verdicts.jsonl", 0
        environ = {**os.environ, variable(CliSettings, "batch_verdicts"): str(verdicts)}
        for template in platform.commands:
            arguments = [word.format(**words) for word in template.split()]
            _say(f"covid batch {' '.join(arguments)}")
            # What a command says is for people, as is what this one says beside its table.
            code = subprocess.run(
                (*_COVID, "batch", *arguments), env=environ, stdout=sys.stderr, check=False
            ).returncode
            if code not in _ENDED_WELL:
                break
        found = kept(verdicts)
    rows = f"{found[0].rows:,}" if found else ""
    return Row(platform, rows, time.monotonic() - begun, platform_verdict(found, code))


def platform_verdict(found: Sequence[Verdict], code: int) -> str:
    """What comes of the verdicts of a platform's commands, the last of which ended with this code."""
    different = next((verdict for verdict in found if verdict.different is not None), None)
    if different is not None:
        return str(different)
    if code not in _ENDED_WELL:
        return f"no: exit code {code}, see above"
    return _YES if any(verdict.against == ORACLE for verdict in found) else "no: it was not compared"


def _show(found: Sequence[Row]) -> None:
    table = Table("", "platform", "rows", "seconds", f"equal to {ORACLE}", "not run here")
    for row in found:
        table.add_row(
            str(row.platform.number), row.platform.name, row.rows, f"{row.seconds:.1f}", row.verdict,
            row.platform.not_run,
        )  # fmt: skip
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
