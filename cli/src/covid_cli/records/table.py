"""Rows of one region as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from covid_core.records import FIELDS

COLUMNS: Final = (
    "confirmed",
    "new_confirmed",
    "avg7_confirmed",
    "deaths",
    "new_deaths",
    "recovered",
    "active",
)
"""What is shown unless told."""

_STATUS: Final = tuple(f"{field}_status" for field in FIELDS)


def fields_for(columns: Sequence[str]) -> list[str]:
    """What to ask the API for: the columns, and the statuses that say why a count is missing."""
    statuses = [f"{column}_status" for column in columns if column in FIELDS]
    return [*columns, *(status for status in statuses if status not in columns)]


def render(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    """One line a date. A count without a number shows its status, anything else without a value a dash."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("date", no_wrap=True)
    for column in columns:
        numbers = column not in _STATUS and not column.endswith("_source") and column != "lineage"
        # Its words one below the other: an ordinary terminal has room for the figures, not for long names.
        heading = column.replace("_", "\n")
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(row["date"], *(_cell(row, column) for column in columns))
    return table


def _cell(row: Mapping[str, Any], column: str) -> Text:
    value, status = row[column], row.get(f"{column}_status")
    if value is None:
        return Text(status or "–", style="dim")
    shown = f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1 else _plain(value)
    return Text(f"{shown} ({status})" if status else shown)


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
