"""The tables as CSV: what is imported, and how a value of it is read."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from covid_batch.stores import rows
from covid_batch.stores.answers import Result, as_csv

PREFIX: Final = "batch/sqlserver"
SCHEMAS: Final = {"batch_regions": rows.REGIONS, "batch_metrics": rows.METRICS}
"""Tables in the order in which they are filled: a foreign key leads from the second to the first."""

_READ: Final[dict[pa.DataType, Callable[[str], Any]]] = {
    pa.string(): str,
    pa.date32(): dt.date.fromisoformat,
    pa.int64(): int,
    pa.float64(): float,
    pa.bool_(): int,
}


def key_of(table: str) -> str:
    """Where the CSV lies that a table was imported from."""
    return f"{PREFIX}/{table}.csv"


def to_csv(table: pa.Table) -> bytes:
    """A header and a line a row; what is absent is empty, booleans are 1 and 0."""
    columns = [column.to_pylist() for column in table.columns]
    return as_csv(Result(table.column_names, list(zip(*columns, strict=True))))


def from_csv(name: str, body: bytes) -> Iterator[Sequence[Any]]:
    """The rows of a table's CSV as a driver takes them."""
    readers = [_READ[kind] for kind in SCHEMAS[name].types]
    lines = csv.reader(io.StringIO(body.decode(), newline=""))
    next(lines)
    for line in lines:
        yield tuple(read(cell) if cell else None for read, cell in zip(readers, line, strict=True))
