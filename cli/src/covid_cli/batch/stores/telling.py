"""What a person reads of the jobs on relational stores, and the exit code that says the same."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table

from covid_cli.batch.stores.check import Tables, expected, first_difference, reference
from covid_cli.verify.report import Difference

EQUAL: Final = "equal"
_DIFFERENT: Final = 1


def say_loaded(done: Mapping[str, Any], rows: int, first: Difference | None) -> None:
    """What was loaded, and whether it is the oracle's. Raises `typer.Exit` where it is not."""
    typer.echo(f"{done['rows']:,} rows in {done['seconds']:.1f} s: batch_metrics, from {_places(done)}")
    if first is not None:
        typer.echo(f"different from the oracle, first: {first}")
        raise typer.Exit(_DIFFERENT)
    typer.echo(f"{rows:,} rows equal to the oracle")


def say_answers(done: Mapping[str, Any], objects: Tables, dialect: str, out: Path) -> None:
    """Each answer beside DuckDB's. Raises `typer.Exit` where one differs."""
    table = Table("query", "rows", "seconds", "against DuckDB")
    table.columns[1].justify = table.columns[2].justify = "right"
    verdicts = []
    with reference(objects, done["objects"], done["views"], dialect) as duck:
        for answer in done["answers"]:
            with Path(answer["path"]).open(encoding="utf-8", newline="") as file:
                header, *lines = csv.reader(file)
            columns, rows = expected(duck, answer["text"], dialect)
            verdicts.append(first_difference(columns, rows, header, lines))
            table.add_row(
                answer["name"], f"{answer['rows']:,}", f"{answer['seconds']:.2f}", verdicts[-1] or EQUAL
            )
    Console().print(table)
    differ = sum(verdict is not None for verdict in verdicts)
    typer.echo(
        f"{len(verdicts)} answers in {out}, "
        + (f"{differ} different from DuckDB's" if differ else "all equal to DuckDB's")
        + f" over {_places(done)}"
    )
    if differ:
        raise typer.Exit(_DIFFERENT)


def _places(done: Mapping[str, Any]) -> str:
    return ", ".join(done["objects"].values())
