"""`covid batch redshift load|analyse|unload`: the warehouse's jobs, and what they did against the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.batch.stores import job
from covid_cli.batch.stores.check import Objects, expected, first_difference, reference
from covid_cli.batch.stores.options import Countries, Files, Queries, Rows
from covid_cli.batch.stores.telling import say_answers, say_loaded
from covid_cli.batch.verdict import DUCKDB, Verdict, say
from covid_cli.home import Home
from covid_cli.settings import group
from covid_core.environment import variable
from covid_core.settings import RedshiftSettings, S3Settings

MODULE: Final = "covid_batch.redshift"
DIALECT: Final = "redshift"

app = typer.Typer(no_args_is_help=True, help="Load, analyse and unload Redshift, or its stand-in.")


@app.command("load")
def load_rows(rows: Rows, files: Files, countries: Countries = "CA", home: Home = None) -> None:
    """Rows that a batch job wrote, by COPY from S3, to batch_metrics.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done.
    """
    environ = _environ(home)
    done = job.run(MODULE, environ, "load", rows)
    url = group(RedshiftSettings, environ).url or ""
    say_loaded(done, "redshift", url, files, countries)


@app.command()
def analyse(
    out: Annotated[Path, typer.Option(help="Folder of the answers, a CSV file each.")],
    query: Queries = None,
    home: Home = None,
) -> None:
    """Ask the queries of sql/redshift.

    Exit codes: 0 every answer equals DuckDB's over what was loaded; 1 one differs, or nothing could be done.
    """
    environ = _environ(home)
    done = job.run(MODULE, environ, "analyse", *(query or []), "--out", str(out))
    say_answers(done, _objects(environ), DIALECT, out)


@app.command()
def unload(query: Queries = None, home: Home = None) -> None:
    """Answers (by default of daily.sql) to Parquet in the bucket, by UNLOAD.

    Exit codes: 0 the files hold DuckDB's answer over what was loaded; 1 they do not, or nothing was done.
    """
    environ = _environ(home)
    done = job.run(MODULE, environ, "unload", *(query or []))
    objects, differ = _objects(environ), False
    with reference(objects, done["objects"], done["views"], DIALECT) as duck:
        for one in done["unloaded"]:
            parts = [objects.table(url) for url in one["objects"]]
            found = [tuple(row.values()) for part in parts for row in part.to_pylist()]
            first = first_difference(*expected(duck, one["text"], DIALECT), parts[0].column_names, found)
            typer.echo(f"{len(found):,} rows in {one['seconds']:.1f} s: {', '.join(one['objects'])}")
            differ |= not say(Verdict(DUCKDB, len(found), first), equal=f"equal to {DUCKDB}")
    raise typer.Exit(int(differ))


def _environ(home: Path | None) -> dict[str, str]:
    return job.settings(home, variable(RedshiftSettings, "url"))


def _objects(environ: dict[str, str]) -> Objects:
    return Objects(group(S3Settings, environ))
