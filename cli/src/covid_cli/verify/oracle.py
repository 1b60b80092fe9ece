"""Runs the SQL oracle: the log as a table in, the table `expected` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa

from covid_cli.verify.reproduction import NAMES, reproduction
from covid_core import regions
from covid_core.records import FIELDS, Record
from covid_core.rows import COLUMNS, ColumnType
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

UNCOMPARED: Final = frozenset({"revision", "generation", "lineage"})
"""Columns that say where a row came from, not what it says."""

COMPARED: Final = tuple(column for column in COLUMNS if column.name not in UNCOMPARED)
"""The columns of `expected`."""

ARROW_TYPES: Final[Mapping[ColumnType, pa.DataType]] = {
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
}

EXPECTED_SCHEMA: Final = pa.schema([(column.name, ARROW_TYPES[column.type]) for column in COMPARED])

_STATUS_OF: Final = {f"{field}_status": field for field in FIELDS}
_MOMENT: Final = pa.timestamp("us", tz="UTC")
LOG_SCHEMA: Final = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", _MOMENT),
        ("source", pa.string()),
        ("region", pa.string()),
        ("date", pa.date32()),
        *((field, pa.int64()) for field in FIELDS),
        *((name, pa.string()) for name in _STATUS_OF),
        ("reported_at", _MOMENT),
        ("deleted", pa.bool_()),
        ("correction", pa.bool_()),
        ("withdrawn", pa.bool_()),
    ]
)
"""The log as the oracle reads it."""


class Entry(NamedTuple):
    """A valid record and where it stands. `timestamp`: the message's, in milliseconds since 1970 UTC."""

    partition: int
    offset: int
    timestamp: int
    record: Record


def log_batch(entries: Iterable[Entry]) -> pa.RecordBatch:
    """Entries in the columns of `LOG_SCHEMA`."""
    columns: dict[str, list[Any]] = {name: [] for name in LOG_SCHEMA.names}
    for partition, offset, timestamp, record in entries:
        columns["partition"].append(partition)
        columns["offset"].append(offset)
        columns["timestamp"].append(timestamp * 1000)
        columns["source"].append(record.source)
        columns["region"].append(record.region)
        columns["date"].append(record.date)
        for field in FIELDS:
            columns[field].append(getattr(record, field))
        for name, field in _STATUS_OF.items():
            columns[name].append(record.status.get(field))
        columns["reported_at"].append(record.reported_at)
        columns["deleted"].append(record.deleted)
        columns["correction"].append(record.correction)
        columns["withdrawn"].append(record.withdrawn)
    arrays = [pa.array(columns[column.name], type=column.type) for column in LOG_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=LOG_SCHEMA)


_EXPECTED: Final = f"""
    CREATE OR REPLACE TABLE expected AS
    SELECT measured.*, {", ".join(NAMES)} FROM measured JOIN reproduction USING (source, region, date)
"""  # noqa: S608


def compute_expected(
    connection: duckdb.DuckDBPyConnection, log: pa.Table, interval: SerialInterval = DEFAULT_INTERVAL
) -> int:
    """Fill the table `expected` from the log; returns its number of rows.

    `log` has the columns of `LOG_SCHEMA`. `interval`: the serial interval that the stream is set to. A table
    `expected` of before is replaced.
    """
    connection.register("log", log)
    connection.register("population", _population())
    connection.execute(files("covid_cli.verify").joinpath("oracle.sql").read_text(encoding="utf-8"))
    connection.unregister("log")
    connection.unregister("population")
    connection.register("reproduction", reproduction(connection, interval.mean, interval.sd))
    connection.execute(_EXPECTED)
    connection.unregister("reproduction")
    # Fetched to its end: DuckDB registers no table while a result is open.
    [(count,)] = connection.execute("SELECT count(*) FROM expected").fetchall()
    return int(count)


def _population() -> pa.Table:
    known = [(r.code, population) for r in regions.ALL if (population := regions.population(r.code))]
    return pa.table(
        {
            "region": pa.array([code for code, _ in known], type=pa.string()),
            "population": pa.array([count for _, count in known], type=pa.int64()),
        }
    )
