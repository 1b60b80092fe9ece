"""What a batch job wrote, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from covid_cli.batch.expected import expect
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.report import Difference
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

EQUAL, DIFFERENT, REFUSED = 0, 1, 3
"""Exit codes of a job and its comparison; the last: equal, but files or lines were refused."""


def told(
    rows: Path | pa.Table,
    paths: Sequence[Path],
    countries: frozenset[str] | None,
    *,
    refused: bool,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> int:
    """Say whether the rows, a table or a folder of Parquet files, equal the oracle; the exit code.

    `interval`: the serial interval that the job had.
    """
    first, count = difference(rows, paths, countries, interval)
    if first is not None:
        typer.echo(f"different from the oracle, first: {first}")
        return DIFFERENT
    typer.echo(f"{count:,} rows equal to the oracle")
    return REFUSED if refused else EQUAL


def difference(
    rows: Path | pa.Table,
    paths: Sequence[Path],
    countries: frozenset[str] | None,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> tuple[Difference | None, int]:
    """The first difference, if any, and the number of rows of a table that has every compared column, or of a
    folder of Parquet files."""
    table = pq.read_table(rows) if isinstance(rows, Path) else rows
    found = table.select(EXPECTED_SCHEMA.names).cast(EXPECTED_SCHEMA)
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, paths, countries, interval)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(connection, "batch", found, nothing, None, tombstones_expire=False)
    return next(iter(differences), None), found.num_rows
