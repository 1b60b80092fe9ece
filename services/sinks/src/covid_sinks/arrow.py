"""Rows as Arrow tables, column by column; types from `covid_core.rows.COLUMNS`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
from msgspec.structs import astuple

from covid_core.rows import COLUMNS, ColumnType, Row

TYPES: Final = {
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
}
SCHEMA: Final = pa.schema([pa.field(column.name, TYPES[column.type]) for column in COLUMNS])


def table_of(rows: Sequence[Row]) -> pa.Table:
    """A table of `SCHEMA`. Raises `ArrowException` or `OverflowError` for a value that does not fit."""
    columns = zip(*map(astuple, rows), strict=True) if rows else ((),) * len(COLUMNS)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
