"""The columns of the data frames, from the core's definitions."""

from __future__ import annotations

from typing import Final

from covid_core.rows import COLUMNS, ColumnType

_TYPES: Final = {
    ColumnType.STRING: "string",
    ColumnType.DATE: "date",
    ColumnType.INT64: "bigint",
    ColumnType.FLOAT64: "double",
    ColumnType.BOOL: "boolean",
}

RECORD_DDL: Final = "region string, value binary"
"""A record as the log has it (JSON, see DESIGN), and the region that it is grouped by."""

REFUSAL_DDL: Final = "file string, line bigint, column string, code string, reason string, letter binary"
"""What of a file was refused, and why; and its dead letter as JSON."""

SUMMARY_DDL: Final = "read int, refused int, reported_at string, met string"
"""Records and refusals of a group of files, the stamp of its records (ISO 8601), and the paths of the files
that were read (a list in JSON). `read` is null where it was refused as a whole."""

TYPES: Final = {column.name: _TYPES[column.type] for column in COLUMNS}
"""Types of a row's columns."""

ROW_DDL: Final = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
"""A row of every store."""

IN_THE_LOG: Final = ("revision", "generation", "lineage")
"""Columns that say where in the log a row came from: what is computed from files has none."""


def names(ddl: str) -> list[str]:
    """The columns of a flat DDL."""
    return [part.split()[0] for part in ddl.split(", ")]
