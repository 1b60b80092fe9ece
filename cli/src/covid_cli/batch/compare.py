"""What a batch job wrote, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from covid_cli.batch.expected import expect
from covid_cli.batch.verdict import ORACLE, Verdict, say
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA
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
    if not say(against_oracle("batch", rows, paths, countries, interval)):
        return DIFFERENT
    return REFUSED if refused else EQUAL


def against_oracle(
    store: str,
    rows: Path | pa.Table,
    paths: Sequence[Path],
    countries: frozenset[str] | None,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> Verdict:
    """The verdict on a table that has every compared column, or on a folder of Parquet files; `store` is what
    a difference is said of."""
    table = pq.read_table(rows) if isinstance(rows, Path) else rows
    found = table.select(EXPECTED_SCHEMA.names).cast(EXPECTED_SCHEMA)
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, paths, countries, interval)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(connection, store, found, nothing, None, tombstones_expire=False)
    first = str(differences[0]) if differences else None
    return Verdict(ORACLE, found.num_rows, first)
