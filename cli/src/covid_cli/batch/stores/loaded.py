"""The table that a job loaded, against the oracle over the publishers' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from covid_cli.batch.expected import expect
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.report import Difference
from covid_cli.verify.stores.sql import SqlReader

TABLE = "batch_metrics"


def against_oracle(
    url: str, store: str, files: Sequence[Path], countries: frozenset[str] | None
) -> tuple[int, Difference | None]:
    """How many rows `batch_metrics` at a URL holds, and the first in which it differs from the oracle."""
    found = SqlReader(url, TABLE).read(None, lambda count: None)
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        expect(connection, files, countries)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(connection, store, found, nothing, None, tombstones_expire=False)
    return found.num_rows, next(iter(differences), None)
