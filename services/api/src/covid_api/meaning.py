"""What a column means, for formats that say so beside the numbers."""

from __future__ import annotations

from typing import Final

from covid_core.catalog.measures import BY_COLUMN
from covid_core.rows import COLUMNS, Column

_FORMULAS: Final = {column: BY_COLUMN[column.name].formula for column in COLUMNS if column.name in BY_COLUMN}
"""By the whole column: those of other answers may have the name of one of a row."""


def meaning(column: Column) -> dict[str, str]:
    """The column's `description` and, where it has them, its `unit` and its `formula` (t: the row's date)."""
    found = {"description": column.description, "unit": column.unit, "formula": _FORMULAS.get(column)}
    return {name: text for name, text in found.items() if text}
