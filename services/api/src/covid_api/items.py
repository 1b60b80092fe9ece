"""DynamoDB items and rows: names, keys and the conversion of values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from covid_core.records import RecordKey
from covid_core.rows import COLUMNS, KEY, Column, ColumnType, Row

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
REGISTRY: Final = "#sources"
"""Partition whose sort keys, `source#region`, list which regions each source has."""

Item = Mapping[str, Mapping[str, Any]]
Values = tuple[Any, ...]
"""The values of a row's chosen columns; the date is its ISO string."""


def partition_of(source: str, region: str) -> str:
    """The partition of a source's region."""
    return f"{source}#{region}"


def key_of(key: RecordKey) -> dict[str, dict[str, str]]:
    """The primary key of a row."""
    return {
        PARTITION_KEY: {"S": partition_of(key.source, key.region)},
        SORT_KEY: {"S": key.date.isoformat()},
    }


def record_key(item: Item) -> RecordKey:
    """The key of the row that an item holds."""
    source, _, region = item[PARTITION_KEY]["S"].partition("#")
    return RecordKey(source, region, dt.date.fromisoformat(item[SORT_KEY]["S"]))


def is_deleted(item: Item) -> bool:
    """Whether the item is a tombstone."""
    return bool(item.get("deleted", {}).get("BOOL", False))


_CONVERT: Final[Mapping[ColumnType, Callable[[Mapping[str, Any]], Any]]] = {
    ColumnType.STRING: lambda value: value["S"],
    ColumnType.INT64: lambda value: int(value["N"]),
    ColumnType.FLOAT64: lambda value: float(value["N"]),
    ColumnType.BOOL: lambda value: value["BOOL"],
}


def reader_of(columns: Sequence[Column]) -> Callable[[Item], Values]:
    """A function from an item to the values of these columns (several). An absent attribute is None."""
    plain = [(c.name, _CONVERT[c.type]) for c in columns if c.name not in KEY]
    found = (*KEY, *(name for name, _ in plain))
    arranged: Callable[[list[Any]], Values] = itemgetter(*(found.index(c.name) for c in columns))

    def values(item: Item) -> Values:
        source, _, region = item[PARTITION_KEY]["S"].partition("#")
        cells = [source, region, item[SORT_KEY]["S"]]
        for name, convert in plain:
            cell = item.get(name)
            cells.append(None if cell is None else convert(cell))
        return arranged(cells)

    return values


_all_columns = reader_of(COLUMNS)


def row_of(item: Item) -> Row:
    """The whole row of an item."""
    given = {c.name: v for c, v in zip(COLUMNS, _all_columns(item), strict=True) if v is not None}
    given["date"] = dt.date.fromisoformat(given["date"])
    return Row(**given)
