"""The table of a relational store, derived from `covid_core.rows.COLUMNS`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from covid_core.rows import COLUMNS, KEY, NAMES, Column, ColumnType

REST: Final = tuple(name for name in NAMES if name not in KEY)
"""The columns that are not the key."""

_IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_]{0,99}")


def identifier(name: str) -> str:
    """`name`, which goes into statements as it is. Raises `ValueError` unless it is plain lower case."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"table name {name[:60]!r} is not a plain lower-case identifier")
    return name


def live_view(table: str) -> str:
    """Name of the view that hides deleted rows."""
    return f"{table}_live"


def column(col: Column, types: Mapping[ColumnType, str], quote: str = "{}") -> str:
    """A column's definition. Outside the key all are nullable, so that one can be added to a full table."""
    return f"{quote.format(col.name)} {types[col.type]}" + (" NOT NULL" if col.name in KEY else "")


def columns(types: Mapping[ColumnType, str], quote: str = "{}") -> str:
    """All columns' definitions."""
    return ", ".join(column(col, types, quote) for col in COLUMNS)


def missing(present: Iterable[str]) -> list[Column]:
    """The columns that a table does not have yet."""
    have = set(present)
    return [col for col in COLUMNS if col.name not in have]
