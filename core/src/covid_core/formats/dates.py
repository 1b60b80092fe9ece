"""Dates of a whole column (or header row). The source and the column decide the format, never one cell:
`05-04-2020` is 5 April in a file of PHAC and 4 May in a copy of JHU's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

EARLIEST: Final = dt.date(2019, 12, 1)
"""No count of the pandemic is older (first known onset: December 2019)."""


class Order(Enum):
    """Where year, month and day stand."""

    YMD = ("YYYY-MM-DD", 0, 1, 2)
    DMY = ("day, month, year", 2, 1, 0)
    MDY = ("month, day, year", 2, 0, 1)

    @property
    def words(self) -> str:
        """The order in words."""
        return str(self.value[0])


class Shape(Enum):
    """How a date is written, whatever its parts mean."""

    YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
    DASHES = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
    SLASHES = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})")


PHAC: Final[Mapping[Shape, Order]] = {
    Shape.YEAR_FIRST: Order.YMD,  # covid19-download.csv
    Shape.DASHES: Order.DMY,  # covid19.csv
    Shape.SLASHES: Order.MDY,  # copies that a spreadsheet rewrote
}
JHU: Final[Mapping[Shape, Order]] = {
    Shape.SLASHES: Order.MDY,  # as published: 1/22/20
    Shape.DASHES: Order.MDY,  # copies that a spreadsheet rewrote: 02-01-2020
    Shape.YEAR_FIRST: Order.YMD,
}


class BadDate(NamedTuple):
    """A cell that is no date, and why."""

    reason: str


class BadColumn(ValueError):
    """A column that has no single format; `index` is the cell that shows it."""

    def __init__(self, code: str, reason: str, index: int) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.index = index


def shape_of(cell: str) -> Shape | None:
    """The shape of one cell, None where it has no date's."""
    return next((shape for shape in Shape if shape.value.fullmatch(cell)), None)


def read_column(cells: Sequence[str], orders: Mapping[Shape, Order]) -> list[dt.date | BadDate]:
    """The dates of a column, in the one order that the source uses for the column's shape.

    A cell that is no date at all gives a `BadDate`. Raises `BadColumn` (`mixed_dates`) where two shapes
    occur, and (`ambiguous_dates`) where a cell only makes sense in another order than the source's, so
    that the other cells cannot be trusted either.
    """
    known: dict[str, dt.date | BadDate] = {}
    shape = _shape_of_all(cells)
    for index, cell in enumerate(cells):
        if cell not in known:
            known[cell] = _read(cell, shape, orders, index)
    return [known[cell] for cell in cells]


def _shape_of_all(cells: Iterable[str]) -> Shape | None:
    found: dict[Shape, str] = {}
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if cell in seen:
            continue
        seen.add(cell)
        shape = shape_of(cell)
        if shape is None or shape in found:
            continue
        found[shape] = cell
        if len(found) > 1:
            first, second = found.values()
            reason = f"the column mixes dates such as {first!r} and {second!r}; write them all in one way"
            raise BadColumn("mixed_dates", reason, index)
    return next(iter(found), None)


def _read(cell: str, shape: Shape | None, orders: Mapping[Shape, Order], index: int) -> dt.date | BadDate:
    match = shape.value.fullmatch(cell) if shape else None
    if shape is None or match is None:
        return BadDate(f"{cell[:40]!r} is not a date such as 2021-01-31" if cell else "the date is blank")
    order = orders[shape]
    date = _date(match, order)
    if date is None:
        other = {Order.DMY: Order.MDY, Order.MDY: Order.DMY}.get(order)
        if other and _date(match, other):
            reason = f"{cell!r} is not {order.words}, the order in which this source writes such dates"
            raise BadColumn("ambiguous_dates", reason, index)
        return BadDate(f"{cell!r} is no day of the calendar")
    if date < EARLIEST:
        return BadDate(f"{cell!r} is before the pandemic")
    return date


def _date(match: re.Match[str], order: Order) -> dt.date | None:
    _, year, month, day = order.value
    parts = match.groups()
    century = 2000 if len(parts[year]) == 2 else 0
    try:
        return dt.date(century + int(parts[year]), int(parts[month]), int(parts[day]))
    except ValueError:
        return None
