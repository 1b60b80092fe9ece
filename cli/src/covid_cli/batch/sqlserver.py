"""`covid batch sqlserver import|query`: the relational store's jobs, and what they did against the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.batch.stores import job
from covid_cli.batch.stores.check import Objects
from covid_cli.batch.stores.options import Countries, Files, Queries, Rows
from covid_cli.batch.stores.telling import say_answers, say_loaded
from covid_cli.home import Home
from covid_cli.settings import group
from covid_core.environment import variable
from covid_core.settings import RdsSettings, S3Settings

MODULE: Final = "covid_batch.sqlserver"
DIALECT: Final = "tsql"

app = typer.Typer(no_args_is_help=True, help="Import to and query SQL Server, or its stand-in.")


@app.command("import")
def import_rows(rows: Rows, files: Files, countries: Countries = "CA", home: Home = None) -> None:
    """Rows that a batch job wrote, by CSV in S3, to batch_metrics.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done.
    """
    environ = _environ(home)
    done = job.run(MODULE, environ, "import", rows)
    url = group(RdsSettings, environ).url or ""
    say_loaded(done, "sqlserver", url, files, countries)


@app.command()
def query(
    out: Annotated[Path, typer.Option(help="Folder of the answers, a CSV file each.")],
    name: Queries = None,
    home: Home = None,
) -> None:
    """Ask the queries of sql/sqlserver.

    Exit codes: 0 every answer equals DuckDB's over what was imported; 1 one differs, or nothing was done.
    """
    environ = _environ(home)
    done = job.run(MODULE, environ, "query", *(name or []), "--out", str(out))
    say_answers(done, Objects(group(S3Settings, environ)), DIALECT, out)


def _environ(home: Path | None) -> dict[str, str]:
    return job.settings(home, variable(RdsSettings, "url"))
