"""`covid batch pipeline …`: put, activate and look at the pipeline; or all of it here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from covid_cli.batch import checkout, here
from covid_cli.batch.files import named, present
from covid_cli.batch.options import Countries, Paths
from covid_cli.batch.pipeline import definition
from covid_cli.batch.pipeline.service import Pipelines, connect
from covid_cli.batch.pipeline.trial import Trial
from covid_cli.errors import UserError
from covid_cli.settings import group
from covid_core.settings import PipelineSettings, S3Settings

_DEFAULT = "run"

Definition = Annotated[
    Path | None,
    typer.Option(
        "--definition",
        help="File of the definition, in AWS's format (JSON).",
        show_default="cloud/datapipeline/definition.json",
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter's value, in place of the file's."),
]


class _RunByDefault(TyperGroup):
    """`covid batch pipeline PATH` is `covid batch pipeline run PATH`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_RunByDefault, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """The backfill on a schedule, as a definition of AWS Data Pipeline.

    `covid batch pipeline PATH` does all of it on this machine.
    """


@app.command(_DEFAULT)
def run(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder that the outputs are copied to.")] = Path("out"),
    countries: Countries = "CA",
    file: Definition = None,
) -> None:
    """All of it on this machine: put, activated, its step run by Spark, its rows compared with the oracle.

    S3 and Data Pipeline are those of COVID_S3_ENDPOINT and COVID_PIPELINE_ENDPOINT; without them SeaweedFS
    and moto's server are started for as long as it takes. Exit codes: 0 equal to the oracle; 1 different, or
    nothing could be done; 3 equal, but files or lines were refused, which are named.
    """
    paths, folder = present(path), out.expanduser().absolute()
    files = named(paths)
    with here.environment(os.environ) as environ:
        trial = Trial(group(S3Settings, environ), connect(group(PipelineSettings, environ)), typer.echo)
        raise typer.Exit(trial.run(paths, files, folder, countries, _file(file)))


@app.command()
def put(file: Definition = None, values: Values = None) -> None:
    """Store the definition in the pipeline, which is made where it is missing.

    Exit codes: 0 stored, 1 refused (every problem is named).
    """
    read = definition.read(_file(file), _given(values or []))
    typer.echo(_pipelines().put(read))


@app.command()
def activate() -> None:
    """Let the pipeline's schedule begin. Exit codes: 0 done, 1 refused."""
    typer.echo(f"{_pipelines().activate()} activated")


@app.command()
def status() -> None:
    """The pipeline's state and its runs. Exit codes: 0 told, 1 there is no such pipeline."""
    typer.echo(_pipelines().status())


def _file(given: Path | None) -> Path:
    return given or checkout.cloud("datapipeline") / "definition.json"


def _pipelines() -> Pipelines:
    return connect(group(PipelineSettings, os.environ))


def _given(values: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        raise UserError(f"--set {wrong[0]} has no value: write --set {wrong[0]}=VALUE.")
    return {name: value for name, _, value in pairs}
