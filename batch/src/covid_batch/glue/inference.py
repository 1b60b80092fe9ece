"""Columns and types of a CSV file, as the built-in CSV classifier of Glue's crawlers tells them.

https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple

_MOST_RECORDS: Final = 1_000
_MOST_BYTES: Final = 1_000_000
"""A crawler reads the first 1,000 records or the first megabyte, whichever comes first."""

_LONG: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DOUBLE: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
BIGINT, DOUBLE, STRING = "bigint", "double", "string"


class Column(NamedTuple):
    """A column of a catalog's table; names are in lower case there."""

    name: str
    type: str


def columns(header: Sequence[str], content: bytes) -> list[Column]:
    """The columns of a file with this header, from the beginning of its content."""
    lines = content[:_MOST_BYTES].decode("utf-8", errors="replace").splitlines()
    rows = list(islice(csv.reader(lines[1:]), _MOST_RECORDS))
    return [
        Column(name.lower(), _type(row[number].strip() for row in rows if number < len(row)))
        for number, name in enumerate(header)
    ]


def widest(some: Sequence[Column], others: Sequence[Column]) -> list[Column]:
    """The columns of two files with one header: a type that holds both."""
    return [_either(one, other) for one, other in zip(some, others, strict=True)]


def _either(one: Column, other: Column) -> Column:
    if one.type == other.type:
        return one
    return one._replace(type=STRING if STRING in (one.type, other.type) else DOUBLE)


def _type(cells: Iterable[str]) -> str:
    said = [cell for cell in cells if cell]
    if said and all(_LONG.fullmatch(cell) for cell in said):
        return BIGINT
    return DOUBLE if said and all(_DOUBLE.fullmatch(cell) for cell in said) else STRING
