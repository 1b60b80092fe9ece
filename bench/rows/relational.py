"""Row 2: the log to PostgreSQL, as RDS and as Redshift."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from msgspec.structs import astuple

from bench import data, sinking
from bench.measure import Arm, interleaved
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from covid_core.rows import COLUMNS, KEY, NAMES
from covid_core.rows import Row as MetricsRow
from covid_sinks.sql import schema
from covid_sinks.sql.postgres import TYPES

COUNT = 200_000
BATCH = 25_000
"""Rows that the runner gives in one write: 50 messages of 500."""


def measured(scale: Scale) -> list[Line]:
    """Both sinks, each against the script."""
    loads = sinking.loads(scale.rounds, scale.of(COUNT, 500))
    lines = []
    with servers() as stack:
        for store, name in (("rds", "RDS"), ("redshift", "Redshift")):
            with sinking.sinking(stack, store, loads) as ours, script(stack, store, loads) as bare:
                lines.append(
                    Line(
                        what=f"log to PostgreSQL as {name}",
                        reference="psycopg script: COPY to staging and MERGE, a commit every 25,000 rows",
                        unit="rows/s",
                        pairs=interleaved(ours, bare, scale.rounds),
                        goals=(Goal(0.7, at_least=True),),
                    )
                )
    return lines


@contextmanager
def script(stack: Servers, database: str, loads: Sequence[Sequence[MetricsRow]]) -> Iterator[Arm]:
    """The reference: rows that stand in memory, to a table with the same columns, key and durability."""
    with psycopg.connect(stack.postgres_url(database)) as connection:
        columns = schema.columns(TYPES)
        connection.execute(f"CREATE TABLE bench_script ({columns}, PRIMARY KEY ({', '.join(KEY)}))")
        connection.execute(f"CREATE TEMP TABLE bench_staging ({columns}) ON COMMIT DELETE ROWS")
        connection.commit()

        def load(rows: Sequence[MetricsRow]) -> None:
            for start in range(0, len(rows), BATCH):
                with connection.cursor() as cursor:
                    with cursor.copy(COPY) as copy:
                        copy.set_types(_TYPES)
                        for row in rows[start : start + BATCH]:
                            copy.write_row(astuple(row))
                    cursor.execute(MERGE)
                connection.commit()

        def arm(number: int) -> float:
            begun = time.perf_counter()
            load(loads[number])
            return len(loads[number]) / (time.perf_counter() - begun)

        load(data.rows(sinking.WARM_ROWS, "warm"))
        yield arm


COPY = f"COPY bench_staging ({', '.join(NAMES)}) FROM STDIN (FORMAT BINARY)"
_TYPES = [TYPES[column.type] for column in COLUMNS]
MERGE = (
    "MERGE INTO bench_script AS stored USING bench_staging AS staged ON "
    + " AND ".join(f"stored.{name} = staged.{name}" for name in KEY)
    + " WHEN MATCHED AND (staged.generation, staged.revision) > (stored.generation, stored.revision)"
    + f" THEN UPDATE SET {', '.join(f'{name} = staged.{name}' for name in schema.REST)}"
    + f" WHEN NOT MATCHED THEN INSERT ({', '.join(NAMES)})"
    + f" VALUES ({', '.join(f'staged.{name}' for name in NAMES)})"
)
