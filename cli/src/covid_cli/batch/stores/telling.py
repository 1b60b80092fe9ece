"""What a person reads of the jobs on relational stores, and the exit code that says the same."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table

from covid_cli.batch.compare import DIFFERENT, against_oracle
from covid_cli.batch.options import codes
from covid_cli.batch.stores.check import Tables, expected, first_difference, reference
from covid_cli.batch.verdict import DUCKDB, Verdict, keep, say
from covid_cli.verify.stores.sql import SqlReader

EQUAL: Final = "equal"
_TABLE: Final = "batch_metrics"


def say_loaded(done: Mapping[str, Any], store: str, url: str, files: Sequence[Path], countries: str) -> None:
    """What was loaded, and whether it is the oracle's. Raises `typer.Exit` where it is not."""
    typer.echo(f"{done['rows']:,} rows in {done['seconds']:.1f} s: {_TABLE}, from {_places(done)}")
    found = SqlReader(url, _TABLE).read(None, lambda count: None)
    if not say(against_oracle(store, found, files, codes(countries))):
        raise typer.Exit(DIFFERENT)


def say_answers(done: Mapping[str, Any], objects: Tables, dialect: str, out: Path) -> None:
    """Each answer beside DuckDB's. Raises `typer.Exit` where one differs."""
    table = Table("query", "rows", "seconds", "against DuckDB")
    table.columns[1].justify = table.columns[2].justify = "right"
    verdicts: list[Verdict] = []
    with reference(objects, done["objects"], done["views"], dialect) as duck:
        for answer in done["answers"]:
            with Path(answer["path"]).open(encoding="utf-8", newline="") as file:
                header, *lines = csv.reader(file)
            columns, rows = expected(duck, answer["text"], dialect)
            first = first_difference(columns, rows, header, lines)
            verdicts.append(Verdict(f"{DUCKDB} to {answer['name']}", len(lines), first))
            keep(verdicts[-1])
            table.add_row(answer["name"], f"{answer['rows']:,}", f"{answer['seconds']:.2f}", first or EQUAL)
    Console().print(table)
    differ = sum(verdict.different is not None for verdict in verdicts)
    typer.echo(
        f"{len(verdicts)} answers in {out}, "
        + (f"{differ} different from DuckDB's" if differ else "all equal to DuckDB's")
        + f" over {_places(done)}"
    )
    if differ:
        raise typer.Exit(DIFFERENT)


def _places(done: Mapping[str, Any]) -> str:
    return ", ".join(done["objects"].values())
