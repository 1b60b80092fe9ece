"""Why a number is what it is: its formula with the numbers put in, so that a person can redo it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from covid_core import rt
from covid_core.catalog.entries import Measure
from covid_core.catalog.measures import BY_COLUMN
from covid_core.catalog.reproduction import RT_NOTES
from covid_core.records import FIELDS
from covid_core.rows import Row

_SYMBOL: Final = re.compile(r"\b([CDRT])\(t(?:−(\d+))?\)")
_FIELD_OF: Final = {field[0].upper(): field for field in FIELDS}
_POPULATION: Final = "population"
_NOTES: Final = {note.id: note.explanation.en for note in RT_NOTES}


class Input(msgspec.Struct, frozen=True):
    """One count that a number is computed from. `source`: whose it is; None where there is no number or
    status. `lineage`: log offsets, in the region's partition, of the records that set the day's counts."""

    date: dt.date
    field: str
    value: int | None
    status: str | None
    source: str | None
    revision: int | None
    lineage: str | None


class Explained(msgspec.Struct, frozen=True):
    """`arithmetic`: the formula with its numbers; None where `reason` says what is missing, and for a formula
    of sums over many days."""

    measure: Measure
    value: float | None
    inputs: tuple[Input, ...]
    population: int | None
    arithmetic: str | None
    reason: str | None


def measure_of(column: str) -> Measure:
    """The measure of a column. Raises `LookupError`."""
    measure = BY_COLUMN.get(column)
    if measure is None:
        raise LookupError(f"no measure {column!r}; there are {', '.join(BY_COLUMN)}")
    return measure


def days_of(measure: Measure, date: dt.date) -> tuple[dt.date, ...]:
    """The days whose counts a measure of a day is computed from, the day itself first."""
    return tuple(date - dt.timedelta(days=back) for back in measure.days)


def explain(
    measure: Measure, date: dt.date, rows: Mapping[dt.date, Row], population: int | None
) -> Explained:
    """A measure of a day. `rows`: of one source and region, those of `days_of` that there are; tombstones
    count as none. `population`: of the region."""
    live = {day: row for day, row in rows.items() if not row.deleted}
    inputs = tuple(
        _input(live.get(day), day, field) for day in days_of(measure, date) for field in measure.inputs
    )
    row = live.get(date)
    value = None if row is None else getattr(row, measure.column)
    wanted = population if _POPULATION in measure.formula else None
    note = _NOTES.get(row.rt_note or "") if row is not None and measure.column in rt.COLUMNS else None
    reason = None if value is not None else note or _reason(measure, inputs, wanted)
    arithmetic = None if value is None else _arithmetic(measure, date, inputs, wanted)
    return Explained(measure, value, inputs, wanted, arithmetic, reason)


def _input(row: Row | None, day: dt.date, field: str) -> Input:
    if row is None:
        return Input(day, field, None, None, None, None, None)
    return Input(
        day,
        field,
        getattr(row, field),
        getattr(row, f"{field}_status"),
        getattr(row, f"{field}_source"),
        row.revision,
        row.lineage,
    )


def _arithmetic(
    measure: Measure, date: dt.date, inputs: tuple[Input, ...], population: int | None
) -> str | None:
    if not _SYMBOL.search(measure.formula):
        return None
    numbers = {(one.field, one.date): one.value for one in inputs}

    def number(symbol: re.Match[str]) -> str:
        day = date - dt.timedelta(days=int(symbol[2] or 0))
        return str(numbers[_FIELD_OF[symbol[1]], day])

    return _SYMBOL.sub(number, measure.formula).replace(_POPULATION, str(population))


def _reason(measure: Measure, inputs: tuple[Input, ...], population: int | None) -> str:
    for one in inputs:
        if one.value is None:
            why = "there is no row" if one.revision is None else one.status or "no number was reported"
            return f"{one.field} of {one.date} is not known: {why}"
    if _POPULATION in measure.formula and population is None:
        return "the region has no population"
    sources = sorted({one.source for one in inputs if one.source is not None})
    if len(sources) > 1:
        return f"its counts are of different sources ({', '.join(sources)}), which are never mixed"
    return "the formula has no value for these numbers: its denominator or logarithm is not positive"
