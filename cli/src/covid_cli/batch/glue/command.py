"""`covid batch glue crawl|run`: the catalog's tables, and the job over them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from covid_cli.batch import here
from covid_cli.batch.glue.trial import Trial
from covid_cli.batch.options import Countries, Paths, absolute
from covid_cli.batch.stores import job
from covid_cli.settings import group
from covid_core.settings import GlueSettings, S3Settings

_MODULE = "covid_batch.glue"

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """AWS Glue: tables as its crawlers make them, and its job.

    S3 and Glue are those of COVID_S3_ENDPOINT and COVID_GLUE_ENDPOINT; without them SeaweedFS and moto's
    server are started for as long as it takes.
    """


@app.command()
def crawl(
    path: Paths,
    aws: Annotated[bool, typer.Option("--aws", help="In AWS, by its own credentials.")] = False,
) -> None:
    """Publishers' files to where the crawlers look, and the tables that they would make.

    Exit codes: 0 done; 1 nothing could be done; 3 done, but files were refused, which are named.
    """
    if aws:
        done = _crawled(os.environ, absolute(path))
    else:
        with here.environment(os.environ, GlueSettings) as environ:
            done = _crawled(environ, absolute(path))
    raise typer.Exit(3 if done["refused"] else 0)


@app.command()
def run(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder that the outputs are copied to.")] = Path("out"),
    countries: Countries = "CA",
) -> None:
    """Crawl, then the job by Spark of this machine, then every row against the oracle over these files.

    What lies in the catalog already takes part: name all files that it was given. Exit codes: 0 equal to the
    oracle; 1 different, or nothing could be done; 3 equal, but files or lines were refused, which are named.
    """
    paths, folder = absolute(path), out.expanduser().absolute()
    with here.environment(os.environ, GlueSettings) as environ:
        crawled = _crawled(environ, paths)
        trial = Trial(group(S3Settings, environ), group(GlueSettings, environ), typer.echo)
        code = trial.run(paths, folder, countries)
    raise typer.Exit(code or (3 if crawled["refused"] else 0))


def _crawled(environ: Mapping[str, str], paths: list[Path]) -> Any:
    done = job.run(_MODULE, environ, "crawl", *map(str, paths))
    table = Table("table", "columns", "files", "location")
    table.columns[1].justify = table.columns[2].justify = "right"
    for one in done["tables"]:
        table.add_row(one["name"], str(one["columns"]), str(one["files"]), one["location"])
    Console().print(table)
    files = sum(one["files"] for one in done["tables"])
    typer.echo(
        f"database {done['database']}: {len(done['tables'])} tables of {files} files, {done['put']} of them "
        f"put, in {done['seconds']:.1f} s"
    )
    return done
