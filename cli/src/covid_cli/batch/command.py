"""`covid batch PLATFORM …`: a module a platform, and a line here."""

from __future__ import annotations

import typer

from covid_cli.batch import databricks, local, redshift, sqlserver
from covid_cli.batch.apigateway import command as apigateway
from covid_cli.batch.charts_function import command as charts_function
from covid_cli.batch.emr import command as emr
from covid_cli.batch.every import command as every
from covid_cli.batch.glue import command as glue
from covid_cli.batch.hive import command as hive
from covid_cli.batch.pipeline import command as pipeline
from covid_cli.batch.stream import command as stream
from covid_cli.batch.tableau import command as tableau

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Run a batch job and compare what it wrote with the oracle."""


app.command("local")(local.command)
app.command("emr")(emr.command)
app.add_typer(hive.app, name="hive")
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(glue.app, name="glue")
app.add_typer(redshift.app, name="redshift")
app.add_typer(sqlserver.app, name="sqlserver")
app.command("stream")(stream.command)
app.command("tableau")(tableau.command)
app.command("apigateway")(apigateway.command)
app.command("databricks")(databricks.command)
app.command("lambda")(charts_function.command)
app.command("run-all")(every.command)
