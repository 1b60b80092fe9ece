"""Arguments that jobs on relational stores share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Rows = Annotated[str, typer.Argument(help="Folder of rows that a batch job wrote, e.g. OUT/rows or s3://…")]
Files = Annotated[
    list[Path],
    typer.Option("--against", help="Publishers' files that the rows were computed from; repeatable."),
]
Countries = Annotated[str, typer.Option(help="Country codes of the rows, comma-separated, or all.")]
Queries = Annotated[list[str] | None, typer.Argument(help="Only these queries.", show_default="all")]
