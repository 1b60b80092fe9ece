"""Columns as a Table Schema (https://datapackage.org/standard/table-schema/) of their CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from covid_api.meaning import meaning
from covid_core.catalog.measures import BY_COLUMN
from covid_core.records import FIELDS, SLUG, Status
from covid_core.rows import KEY, STATUS_COLUMNS, Column, ColumnType

TYPES: Final = {
    ColumnType.STRING: "string",
    ColumnType.DATE: "date",
    ColumnType.INT64: "integer",
    ColumnType.FLOAT64: "number",
    ColumnType.BOOL: "boolean",
}


def table_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """The schema of rows with these columns.

    `unit` and `formula` are members of our own, which the standard allows.
    """
    return {
        "fields": [_field(column) for column in columns],
        "primaryKey": list(KEY),
        # The standard's default, said since it matters: an empty cell is null, never zero and never a text.
        "missingValues": [""],
    }


def _field(column: Column) -> dict[str, Any]:
    measure = BY_COLUMN.get(column.name)
    found = {"name": column.name, "type": TYPES[column.type], **meaning(column)}
    if measure is not None:
        found["title"] = measure.title.en
    constraints = _constraints(column)
    return {**found, "constraints": constraints} if constraints else found


def _constraints(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {}
    # An empty text, such as a lineage may be, is an empty cell, too; a part of the key never is one.
    if column.name in KEY or not (column.nullable or column.type is ColumnType.STRING):
        found["required"] = True
    if column.name == "source":
        found["pattern"] = SLUG.pattern
    if column.name in FIELDS:
        found["minimum"] = 0
    if column.name in STATUS_COLUMNS:
        found["enum"] = [status.value for status in Status]
    return found
