"""The units of the columns, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from covid_core.catalog.entries import Text
from covid_core.rows import COLUMNS

_UNITS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "persons": Text("persons", "personnes"),
        "tests": Text("tests", "tests"),
        "persons/day": Text("persons per day", "personnes par jour"),
        "tests/day": Text("tests per day", "tests par jour"),
        "persons/100,000": Text("persons per 100,000 inhabitants", "personnes pour 100 000 habitants"),
        "persons/100,000/7 days": Text(
            "persons per 100,000 inhabitants and 7 days", "personnes pour 100 000 habitants en 7 jours"
        ),
        "1": Text("percent", "pour cent"),
        "days": Text("days", "jours"),
        "infected/case": Text("people infected by one case", "personnes infectées par cas"),
    }
)
"""The words for each unit of `rows`."""

_UNIT_OF: Final = {column.name: column.unit for column in COLUMNS}


def code_of(column: str) -> str:
    """A column's unit as `rows` has it; "1" for a fraction. Raises `LookupError` for a column without one."""
    unit = _UNIT_OF[column]
    if unit is None:
        raise LookupError(f"the column {column} has no unit")
    return unit


def unit_of(column: str) -> Text:
    """The words for a column's unit, of a number as it is shown to people: a fraction as percent. Raises
    `LookupError` for a column without one."""
    return _UNITS[code_of(column)]
