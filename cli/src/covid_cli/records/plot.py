"""Rows of one region as a chart of characters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import plotille

from covid_core.metrics import INPUTS
from covid_core.records import FIELDS
from covid_core.rows import COLUMNS

METRICS: Final = {column.name: column for column in COLUMNS if column.unit is not None}
"""What can be drawn."""

_MARGINS: Final = 14, 8
"""Columns and lines that the library needs beside the figure."""

_NEW: Final = "new_"
_RATIO: Final = "1"


def fields_for(metric: str) -> list[str]:
    """What to ask the API for: the metric, its average, and why numbers are missing."""
    return [*shown(metric), *_statuses(metric)]


def shown(metric: str) -> list[str]:
    """The columns that are drawn: the metric, and for new counts their 7-day average."""
    return [metric, f"avg7_{metric.removeprefix(_NEW)}"] if metric.startswith(_NEW) else [metric]


def render(metric: str, rows: Sequence[Mapping[str, Any]], width: int, height: int) -> str:
    """A line that breaks where there is no number; new counts are dots, their 7-day average the line.

    `rows` are of one source and region, in the order of their dates; `width` and `height` in characters.
    """
    *daily, line = shown(metric)
    unit = METRICS[metric].unit or ""
    factor = 100 if unit == _RATIO else 1
    figure = plotille.Figure()
    figure.width, figure.height = max(30, width - _MARGINS[0]), max(5, height - _MARGINS[1])
    figure.with_colors = False
    figure.x_label, figure.y_label = "date", "percent" if unit == _RATIO else unit
    figure.register_label_formatter(float, _number)
    figure.register_label_formatter(dt.datetime, _date)
    for run in _runs(rows, line):
        figure.plot([day for day, _ in run], [value * factor for _, value in run])
    for column in daily:
        for run in _runs(rows, column):
            figure.scatter([day for day, _ in run], [value for _, value in run])
    return str(figure.show())


def notes(metric: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the picture cannot say: decreases, and why days have no number."""
    if metric.startswith(_NEW):
        yield "Dots: each day; line: 7-day average."
        lower = [row for row in rows if (row[metric] or 0) < 0]
        if lower:
            largest = sorted(lower, key=lambda row: float(row[metric]))[:3]
            named = ", ".join(f"{row['date']} ({row[metric]:,})" for row in largest)
            yield f"Corrections (decreases): {len(lower)}, the largest {named}."
    without = [row for row in rows if row[metric] is None]
    if without:
        counts: dict[str, int] = {}
        for row in without:
            reason = next(
                (row[name] for name in _statuses(metric) if row[name]), "no report or not computable"
            )
            counts[reason] = counts.get(reason, 0) + 1
        yield "Days without a number: " + ", ".join(f"{count:,} {why}" for why, count in counts.items()) + "."


def _statuses(metric: str) -> list[str]:
    counts = (metric,) if metric in FIELDS else INPUTS[metric]
    return [f"{field}_status" for field in counts]


def _day(row: Mapping[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(row["date"])


def _runs(rows: Sequence[Mapping[str, Any]], column: str) -> Iterator[list[tuple[dt.datetime, float]]]:
    """The days in a row that have a number."""
    known = [(_day(row), float(row[column])) for row in rows if row[column] is not None]
    for _, run in groupby(enumerate(known), key=lambda pair: pair[1][0].toordinal() - pair[0]):
        yield [point for _, point in run]


def _number(value: float, chars: int, delta: float, left: bool = False) -> str:
    text = f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return text.ljust(chars) if left else text.rjust(chars)


def _date(day: dt.datetime, chars: int, delta: dt.timedelta, left: bool = False) -> str:
    text = day.date().isoformat()[-chars:]
    return text.ljust(chars) if left else text.rjust(chars)
