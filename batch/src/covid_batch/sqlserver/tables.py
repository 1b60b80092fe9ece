"""The tables as CSV: what is imported, and how a value of it is read."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Final

import pyarrow as pa

from covid_batch.stores import rows
from covid_batch.stores.answers import write_csv

PREFIX: Final = "batch/sqlserver"
SCHEMAS: Final = {"batch_regions": rows.REGIONS, "batch_metrics": rows.METRICS}
"""Tables in the order in which they are filled: a foreign key leads from the second to the first."""

_ROWS: Final = 5_000
"""Rows that are Python objects at a time, of some 3 KB each."""
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


def to_csv(table: pa.Table, file: IO[bytes]) -> None:
    """A header and a line a row, into a file; what is absent is empty, booleans are 1 and 0."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    batches = table.to_batches(max_chunksize=_ROWS)
    rows = (row for batch in batches for row in zip(*(one.to_pylist() for one in batch.columns), strict=True))
    write_csv(table.column_names, rows, text)
    # The file stays open, and is written.
    text.detach()


def from_csv(name: str, file: IO[bytes]) -> Iterator[Sequence[Any]]:
    """The rows of a table's CSV as a driver takes them, read as they are asked for."""
    readers = [_READ[kind] for kind in SCHEMAS[name].types]
    lines = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    next(lines)
    for line in lines:
        yield tuple(read(cell) if cell else None for read, cell in zip(readers, line, strict=True))
