"""Merging: the state of one key (source, region, date) as a join of all records ever reported for it.

`join` is commutative, associative and idempotent, so any order, repetition and batching of the same
records gives the same state. Deleting and withdrawing are stamps, not removals: what a newer stamp hides
stays below it, and nothing reported is lost.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from covid_core.records import FIELDS, Record

NEVER: Final = -(2**63)
"""The stamp of something that did not happen."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """One field's value: a number, a status, or a number with status `not_due`.

    `at` is the `reported_at` in microseconds since 1970 UTC, `offset` the log offset that set it.
    """

    at: int
    number: int | None
    status: str | None
    offset: int


class Layer(msgspec.Struct, frozen=True, array_like=True):
    """The newest cell of each field, in the order of `FIELDS`, and the newest tombstone's stamp."""

    cells: tuple[Cell | None, Cell | None, Cell | None, Cell | None] = (None, None, None, None)
    deleted_at: int = NEVER


class KeyState(msgspec.Struct, frozen=True, array_like=True):
    """Everything known of one key: what was reported, what people corrected, what they withdrew."""

    reports: Layer = Layer()
    corrections: Layer = Layer()
    withdrawn_at: int = NEVER


Effective = tuple[Cell | None, Cell | None, Cell | None, Cell | None]
"""The cells that count, in the order of `FIELDS`."""

NOTHING: Final[Effective] = (None, None, None, None)


def stamp(moment: dt.datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def state_of(record: Record, offset: int) -> KeyState:
    """The state that one validated record (with `reported_at`) makes by itself."""
    if record.reported_at is None:
        raise ValueError(f"record {record.id} has no reported_at: validate it first")
    at = stamp(record.reported_at)
    if record.withdrawn:
        return KeyState(withdrawn_at=at)
    layer = Layer(deleted_at=at) if record.deleted else Layer(cells=_cells(record, at, offset))
    return KeyState(corrections=layer) if record.correction else KeyState(reports=layer)


def join(a: KeyState, b: KeyState) -> KeyState:
    """The least state that holds both."""
    return KeyState(
        _join_layers(a.reports, b.reports),
        _join_layers(a.corrections, b.corrections),
        max(a.withdrawn_at, b.withdrawn_at),
    )


def effective(state: KeyState) -> Effective:
    """What the state says now: standing corrections over reports, minus what tombstones void."""
    corrections, reports, withdrawn_at = state.corrections, state.reports, state.withdrawn_at
    deletion_stands = corrections.deleted_at > withdrawn_at
    voided_at = max(corrections.deleted_at, withdrawn_at)
    cells: list[Cell | None] = []
    for correction, report in zip(corrections.cells, reports.cells, strict=True):
        if correction is not None and correction.at > voided_at:
            cells.append(correction)
        elif not deletion_stands and report is not None and report.at > reports.deleted_at:
            cells.append(report)
        else:
            cells.append(None)
    return cells[0], cells[1], cells[2], cells[3]


def _cells(record: Record, at: int, offset: int) -> Effective:
    cells: list[Cell | None] = []
    for field in FIELDS:
        number, status = getattr(record, field), record.status.get(field)
        says = number is not None or status is not None
        cells.append(Cell(at, number, status.value if status else None, offset) if says else None)
    return cells[0], cells[1], cells[2], cells[3]


def _join_layers(a: Layer, b: Layer) -> Layer:
    if b == _EMPTY:
        return a
    if a == _EMPTY:
        return b
    cells = tuple(_newer(x, y) for x, y in zip(a.cells, b.cells, strict=True))
    return Layer((cells[0], cells[1], cells[2], cells[3]), max(a.deleted_at, b.deleted_at))


def _newer(a: Cell | None, b: Cell | None) -> Cell | None:
    if a is None or b is None:
        return b if a is None else a
    if a.at != b.at:
        return a if a.at > b.at else b
    return a if _rank(a) >= _rank(b) else b


def _rank(cell: Cell) -> tuple[bool, int, bool, str, int]:
    """Order among cells of one stamp: a number over a status, then the greater, a number that was due over
    one that was not, and for the very same value the record that said it first."""
    is_number = cell.number is not None
    return is_number, cell.number or 0, cell.status is None, cell.status or "", -cell.offset


_EMPTY: Final = Layer()
