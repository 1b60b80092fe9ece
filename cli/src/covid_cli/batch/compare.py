"""What a batch job wrote, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
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


class Oracle:
    """What the files must give, computed once and held in DuckDB until `close`."""

    def __init__(
        self,
        paths: Sequence[Path],
        countries: frozenset[str] | None,
        interval: SerialInterval = DEFAULT_INTERVAL,
    ) -> None:
        """`interval`: the serial interval that the job has."""
        self._connection = duckdb.connect(config={"memory_limit": "1GB"})
        expect(self._connection, paths, countries, interval)

    def close(self) -> None:
        """Forget it all."""
        self._connection.close()

    def verdict(self, store: str, rows: Path | pa.Table) -> Verdict:
        """On a table that has every compared column, or on a folder of Parquet files; `store` is what a
        difference is said of."""
        table = pq.read_table(rows) if isinstance(rows, Path) else rows
        found = table.select(EXPECTED_SCHEMA.names).cast(EXPECTED_SCHEMA)
        nothing = EXPECTED_SCHEMA.empty_table()
        differences = find_differences(self._connection, store, found, nothing, None, tombstones_expire=False)
        first = str(differences[0]) if differences else None
        return Verdict(ORACLE, found.num_rows, first)

    def told(self, rows: Path | pa.Table, *, refused: bool) -> int:
        """Say whether the rows of a job are equal; the exit code."""
        if not say(self.verdict("batch", rows)):
            return DIFFERENT
        return REFUSED if refused else EQUAL


def told(
    rows: Path | pa.Table,
    paths: Sequence[Path],
    countries: frozenset[str] | None,
    *,
    refused: bool,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> int:
    """`Oracle.told`, of the one output of a job."""
    with closing(Oracle(paths, countries, interval)) as oracle:
        return oracle.told(rows, refused=refused)


def against_oracle(
    store: str, rows: Path | pa.Table, paths: Sequence[Path], countries: frozenset[str] | None
) -> Verdict:
    """`Oracle.verdict`, of the one output of a job."""
    with closing(Oracle(paths, countries)) as oracle:
        return oracle.verdict(store, rows)
