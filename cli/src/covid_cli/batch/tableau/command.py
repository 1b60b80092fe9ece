"""`covid batch tableau`: rows that a batch job wrote, to an extract, then against the oracle."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated, Final

import typer

from covid_cli.batch.checkout import cloud
from covid_cli.batch.compare import told
from covid_cli.batch.options import Countries, codes
from covid_cli.batch.stores import job
from covid_cli.batch.stores.options import Files, Rows

MODULE: Final = "covid_batch.tableau"
EXTRACT, WORKBOOK = "covid.hyper", "covid.twb"


def command(
    rows: Rows,
    files: Files,
    out: Annotated[Path, typer.Option(help="Folder of the outputs, covid.hyper and covid.twb.")],
    countries: Countries = "CA",
) -> None:
    """Rows that a batch job wrote, to an extract that Tableau opens, and the workbook over Hive beside it.

    Exit codes: 0 equal to the oracle; 1 different, or nothing could be done.
    """
    folder = out.expanduser().absolute()
    done = job.run(MODULE, dict(os.environ), rows, "--out", str(folder / EXTRACT))
    from covid_cli.batch.tableau.reading import rows_of  # noqa: PLC0415 - Hyper is not made for every machine

    shutil.copyfile(cloud("tableau") / WORKBOOK, folder / WORKBOOK)
    typer.echo(
        f"{done['rows']:,} rows in {done['seconds']:.1f} s: {done['extract']}; workbook: {folder / WORKBOOK}"
    )
    raise typer.Exit(told(rows_of(folder / EXTRACT), files, codes(countries), refused=False))
