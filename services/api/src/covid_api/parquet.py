"""Rows as Parquet, streamed a row group at a time, with what each field means as its metadata."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet as pq

from covid_api.items import Values
from covid_api.meaning import meaning
from covid_core.rows import Column, ColumnType

# Returns freed memory to the machine sooner than Arrow's own allocator; the service stays small.
pa.set_memory_pool(pa.system_memory_pool())

ROW_GROUP: Final = 5000
"""Rows held back until a row group is written."""

_TYPES: Final = {
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
}


def schema_of(columns: Sequence[Column]) -> Any:
    """The Arrow schema, each field with its meaning as metadata."""
    return pa.schema([_field(column) for column in columns])


def _field(column: Column) -> Any:
    return pa.field(column.name, _TYPES[column.type], column.nullable, meaning(column))


async def encode(pages: AsyncIterator[list[Values]], columns: Sequence[Column]) -> AsyncIterator[bytes]:
    """The bytes of one Parquet file."""
    schema = schema_of(columns)
    sink = _Outbox()
    held: list[Any] = []
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        async for page in pages:
            held.append(_batch(page, columns, schema))
            if sum(batch.num_rows for batch in held) >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(held, schema))
                held = []
                yield sink.take()
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
    yield sink.take()


def _batch(rows: Sequence[Values], columns: Sequence[Column], schema: Any) -> Any:
    arrays = []
    # Not zip(*rows), which of no rows makes no columns: a page may be empty.
    for number, column in enumerate(columns):
        values = [row[number] for row in rows]
        typed = map(dt.date.fromisoformat, values) if column.type is ColumnType.DATE else values
        arrays.append(pa.array(typed, _TYPES[column.type]))
    return pa.record_batch(arrays, schema=schema)


class _Outbox(io.RawIOBase):
    """A file that is only written forwards, and emptied as it grows."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any, /) -> int:
        chunk = bytes(data)
        self._chunks.append(chunk)
        self._written += len(chunk)
        return len(chunk)

    def take(self) -> bytes:
        """Everything written since the last call."""
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data
