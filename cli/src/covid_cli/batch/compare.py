"""What a batch job wrote, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from covid_cli.batch.expected import expect
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.report import Difference


def difference(
    rows: Path, paths: Sequence[Path], countries: frozenset[str] | None
) -> tuple[Difference | None, int]:
    """The first difference, if any, and the number of rows in the folder of Parquet files."""
    return first_difference_of(pq.read_table(rows), paths, countries)


def first_difference_of(
    rows: pa.Table, paths: Sequence[Path], countries: frozenset[str] | None
) -> tuple[Difference | None, int]:
    """The first difference, if any, and the number of rows of a table that has every compared column."""
    found = rows.select(EXPECTED_SCHEMA.names).cast(EXPECTED_SCHEMA)
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, paths, countries)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(connection, "batch", found, nothing, None, tombstones_expire=False)
    return next(iter(differences), None), found.num_rows
