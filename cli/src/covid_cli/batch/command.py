"""`covid batch JOB …`: a batch job as a process, then its rows against the oracle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import duckdb
import pyarrow.parquet as pq
import typer

from covid_cli.batch.expected import expect
from covid_cli.batch.spark import environment
from covid_cli.errors import UserError
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.report import Difference

_DIFFERENT, _REFUSED = 1, 3
_ALL: Final = "all"

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Run a batch job and compare what it wrote with the oracle."""


@app.command()
def local(
    path: Annotated[list[Path], typer.Argument(help="Files or folders of PHAC's and JHU's files.")],
    out: Annotated[Path, typer.Option(help="Folder of the outputs, covid.csv and rows/.")],
    countries: Annotated[str, typer.Option(help="Country codes, comma-separated, or all.")] = "CA",
) -> None:
    """Publishers' files to one table, by Spark on this machine.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths = [str(one.expanduser().absolute()) for one in path]
    where = str(out.expanduser().absolute())
    result = _run("local", *paths, "--out", where, "--countries", countries)
    typer.echo(
        f"{result['lines']:,} lines from {result['files']:,} files in {result['seconds']:.1f} s: "
        f"{result['table']}; rows in {result['rows']}"
    )
    wanted = None if countries == _ALL else frozenset(countries.split(","))
    first, rows = _difference(Path(result["rows"]), [Path(one) for one in paths], wanted)
    if first is not None:
        typer.echo(f"different from the oracle, first: {first}")
        raise typer.Exit(_DIFFERENT)
    typer.echo(f"{rows:,} rows equal to the oracle")
    raise typer.Exit(_REFUSED if result["refused"] or result["unusable"] else 0)


def _run(*arguments: str) -> Any:
    """What the job prints at its end. Raises `UserError` where it failed; its own words are on stderr."""
    environ = {**os.environ, **environment()}
    command = (sys.executable, "-m", "covid_batch", *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environ, check=False)
    if done.returncode not in (0, _REFUSED):
        raise UserError(f"the job {arguments[0]} ended with exit code {done.returncode}; see above.")
    return json.loads(done.stdout)


def _difference(
    rows: Path, paths: list[Path], countries: frozenset[str] | None
) -> tuple[Difference | None, int]:
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, paths, countries)
        found = pq.read_table(rows).select(EXPECTED_SCHEMA.names).cast(EXPECTED_SCHEMA)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(connection, "batch", found, nothing, None, tombstones_expire=False)
    return next(iter(differences), None), found.num_rows
