"""`covid batch local`: the job in a process of this machine, then its rows against the oracle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from covid_cli.batch.compare import REFUSED, told
from covid_cli.batch.options import Countries, Paths, absolute, codes
from covid_cli.batch.result import incomplete
from covid_cli.batch.spark import own_jvm
from covid_cli.errors import UserError
from covid_core.environment import load
from covid_core.settings import SerialIntervalSettings


def command(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the outputs, covid.csv and rows/.")],
    countries: Countries = "CA",
) -> None:
    """Publishers' files to one table, by Spark on this machine.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths = absolute(path)
    where = str(out.expanduser().absolute())
    result = _run("local", *map(str, paths), "--out", where, "--countries", countries)
    typer.echo(
        f"{result['lines']:,} lines from {result['files']:,} files in {result['seconds']:.1f} s: "
        f"{result['table']}; rows in {result['rows']}"
    )
    # The job has read the same variables.
    interval = load(SerialIntervalSettings, os.environ, lambda name: Path(name).read_text()).interval
    refused = incomplete(result)
    raise typer.Exit(told(Path(result["rows"]), paths, codes(countries), refused=refused, interval=interval))


def _run(*arguments: str) -> Any:
    """What the job prints at its end. Raises `UserError` where it failed; its own words are on stderr."""
    environ = {**os.environ, **own_jvm()}
    command = (sys.executable, "-m", "covid_batch", *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environ, check=False)
    if done.returncode not in (0, REFUSED):
        raise UserError(f"the job {arguments[0]} ended with exit code {done.returncode}; see above.")
    return json.loads(done.stdout)
