"""What a batch job over publishers' files must give: the files' records through the SQL oracle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from covid_cli.published import records
from covid_cli.verify.oracle import LOG_SCHEMA, Entry, compute_expected, log_batch
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval


def expect(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    countries: frozenset[str] | None,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> int:
    """Fill the table `expected` from files and folders; returns its rows."""
    entries = (Entry(0, number, 0, record) for number, record in enumerate(records(paths, countries)))
    log = pa.Table.from_batches([log_batch(entries)], schema=LOG_SCHEMA)
    return compute_expected(connection, log, interval)
