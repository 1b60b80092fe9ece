"""`covid batch databricks`: the notebook on this machine, then its rows against the oracle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.batch.checkout import cloud
from covid_cli.batch.compare import told
from covid_cli.batch.options import Countries, Paths, absolute, codes
from covid_cli.batch.result import incomplete
from covid_cli.batch.spark import environment
from covid_cli.batch.stores import job
from covid_cli.errors import UserError

_MODULE: Final = "covid_batch.databricks"
_NOTEBOOK: Final = "covid.py"


def command(
    path: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the outputs, covid.csv, rows/ and pages/.")],
    countries: Countries = "CA",
    region: Annotated[str, typer.Option(help="The region that is drawn.")] = "CA-ON",
) -> None:
    """Databricks' notebook by Spark on this machine: a table of a CSV file, SQL, and what it shows as pages.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done; 3 equal, but files or lines were
    refused, which are named.
    """
    paths, where = absolute(path), out.expanduser().absolute()
    if comma := [one for one in paths if "," in str(one)]:
        raise UserError(f"{comma[0]} has a comma, which parts the notebook's sources: name it otherwise.")
    values = {
        "source": ",".join(map(str, paths)),
        "out": str(where),
        "countries": countries,
        "region": region,
    }
    pages = where / "pages"
    result = job.run(
        _MODULE,
        {**os.environ, **environment()},
        "run",
        str(cloud("databricks") / _NOTEBOOK),
        "--pages",
        str(pages),
        *(word for name, value in values.items() for word in ("--set", f"{name}={value}")),
    )
    typer.echo(
        f"{result['lines']:,} lines from {result['files']:,} files in {result['seconds']:.1f} s: "
        f"{result['table']}; rows in {result['rows']}; pages in {pages}"
    )
    raise typer.Exit(told(Path(result["rows"]), paths, codes(countries), refused=incomplete(result)))
