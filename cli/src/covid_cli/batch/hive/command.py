"""`covid batch hive run|serve|query`: the notebook, the Thrift server, the dashboard's queries through it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.batch.compare import told
from covid_cli.batch.hive.folder import Folders
from covid_cli.batch.hive.served import MODULE, served
from covid_cli.batch.options import Countries, Paths, absolute, codes
from covid_cli.batch.result import incomplete
from covid_cli.batch.spark import environment
from covid_cli.batch.stores import job
from covid_cli.batch.stores.options import Queries
from covid_cli.batch.stores.telling import say_answers
from covid_cli.errors import UserError
from covid_cli.signals import ended_once
from covid_cli.stack.ports import HOST

DIALECT: Final = "spark"
_POLL: Final = 0.5
_PORT: Final = 10_000

Folder = Annotated[Path, typer.Option("--out", help="Folder of the Hive: tables, catalogue, notebook.")]
Port = Annotated[int, typer.Option(help="Of HiveServer2.")]

app = typer.Typer(no_args_is_help=True, help="Tables of Hive by a notebook; served to Tableau and others.")


@app.command()
def run(path: Paths, out: Folder, countries: Countries = "CA") -> None:
    """Publishers' files to tables of Hive, by the notebook of cloud/hive.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths, folder = absolute(path), out.expanduser().absolute()
    given = (*map(str, paths), "--out", str(folder), "--countries", countries)
    done = job.run(MODULE, {**os.environ, **environment()}, "run", *given)
    typer.echo(
        f"{done['rows']:,} rows from {done['files']:,} files in {done['seconds']:.1f} s: "
        f"covid.batch_metrics, in {done['table']}; executed notebook: {done['notebook']}"
    )
    raise typer.Exit(told(Path(done["table"]), paths, codes(countries), refused=incomplete(done)))


@app.command()
def serve(out: Folder, port: Port = _PORT) -> None:
    """The tables by HiveServer2's protocol, on this machine only, until Ctrl-C.

    Exit codes: 0 stopped by a signal; 1 it could not be started, or ended by itself.
    """
    with ended_once():
        try:
            with served(out.expanduser().absolute(), port) as server:
                typer.echo(f"ready after {server.seconds:.1f} s: jdbc:hive2://{HOST}:{port}/covid")
                while server.process is not None and server.process.exit_code() is None:
                    time.sleep(_POLL)
                raise UserError(f"the Thrift server has ended by itself; see {server.log}.")
        except KeyboardInterrupt:
            typer.echo("stopped")


@app.command()
def query(
    out: Folder,
    name: Queries = None,
    port: Port = _PORT,
    answers: Annotated[
        Path | None,
        typer.Option(help="Folder of the answers, a CSV file each.", show_default="OUT/answers"),
    ] = None,
) -> None:
    """Ask the served tables the dashboard's own queries, those of sql/hive.

    Exit codes: 0 every answer equals DuckDB's over the same files; 1 one differs, or nothing could be done.
    """
    folder = out.expanduser().absolute()
    into = folder / "answers" if answers is None else answers.expanduser().absolute()
    given = ("--folder", str(folder), "--url", f"hive2://{HOST}:{port}", "--out", str(into))
    done = job.run(MODULE, dict(os.environ), "query", *(name or []), *given)
    say_answers(done, Folders(), DIALECT, into)
