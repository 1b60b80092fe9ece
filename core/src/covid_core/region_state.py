"""One region's state and the rows that change when records arrive: the heart of stream and batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from covid_core import rowbuilder
from covid_core.logged import Logged
from covid_core.merged import PRECEDENCE, Span, Spans, is_merged, moved
from covid_core.merging import NOTHING, Cell, Effective, state_of
from covid_core.metrics import DEPENDENT_DAYS
from covid_core.months import Chunks, Months
from covid_core.records import FIELDS, MERGED, Status
from covid_core.rows import Row
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

_FIELDS: Final = range(len(FIELDS))
_PREFERRED: Final = PRECEDENCE[:-1]

STATE_FORMAT: Final = 2
"""Raised with any change of what a `Head` or a chunk of `covid_core.months` is packed as, or means by it.

The stream keeps the state of each format in a checkpoint of its own, and computes it from the log.
"""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a region besides its chunks."""

    revision: int = 0
    spans: Spans = Spans()
    reported: dict[str, Span] = {}
    """Of each source, the first and the last day (ordinals) that any record was about: no other day has a row
    or a chunk."""


_Key = tuple[str, int]


def advance(
    region: str,
    head: Head,
    chunks: Chunks,
    logged: Iterable[Logged],
    generation: int,
    *,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> tuple[Head, list[Row]]:
    """Merge records of one region into its state. `interval`: the serial interval of Rt.

    Returns the new head and the rows whose content changed (and those asked for), ordered by source and
    date, each with the region's new revision. Chunks are written through `chunks`.
    """
    months = Months(chunks, head.reported)
    before: dict[_Key, Effective | None] = {}
    asked: set[_Key] = set()
    revision = head.revision
    for item in logged:
        key = item.record.source, item.record.date.toordinal()
        if key not in before:
            before[key] = months.effective(*key)
        months.join(*key, state_of(item.record, item.offset))
        revision = max(revision, item.offset + 1)
        if item.asked:
            asked.add(key)
    changes = _Changes(months, before)
    wanted = changes.rows()
    for source, day in asked:
        wanted.setdefault(source, set()).add(day)
    spans = head.spans
    if is_merged(region):
        spans = changes.spans(head.spans)
        merged_days = changes.merged_rows(head.spans, spans)
        if merged_days:
            wanted[MERGED] = merged_days
    months.flush()
    new_head = Head(revision, spans, months.reported)
    rows: list[Row] = []
    for source in sorted(wanted):
        view = (
            rowbuilder.merged_view(months, spans)
            if source == MERGED
            else rowbuilder.source_view(months, source)
        )
        rows += rowbuilder.build(
            view, region, sorted(wanted[source]), revision, generation, interval=interval
        )
    return new_head, rows


class _Changes:
    """What a batch of records changed, by key."""

    def __init__(self, months: Months, before: dict[_Key, Effective | None]) -> None:
        self._months = months
        self._before = before
        # No later row can depend on anything.
        self._newest = max((span.last for span in months.reported.values()), default=0)
        self._changed = {
            key: fields
            for key, old in before.items()
            if (fields := _changed_fields(old, months.effective(*key))) is not None
        }

    def rows(self) -> dict[str, set[int]]:
        """The days of each reported source whose rows change; only days that exist."""
        wanted: defaultdict[str, set[int]] = defaultdict(set)
        moving: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        for (source, day), fields in self._changed.items():
            wanted[source].add(day)
            for field in fields:
                if self._input_changed((source, day), field):
                    moving[source, field].add(day)
        for (source, field), days in moving.items():
            # Of a whole file every day is wanted already: not asked for once more for each day before it.
            later = self._dependents(days, field) - wanted[source]
            wanted[source].update(d for d in later if self._months.effective(source, d) is not None)
        return wanted

    def spans(self, old: Spans) -> Spans:
        """The preferred publishers' spans after the batch."""
        phac, weekly = (
            tuple(self._span(source, field, spans[field]) for field in _FIELDS)
            for source, spans in zip(_PREFERRED, (old.phac, old.weekly), strict=True)
        )
        return Spans(phac, weekly)

    def merged_rows(self, old: Spans, new: Spans) -> set[int]:
        """The days whose merged rows change."""
        days: set[int] = set()
        moving: defaultdict[int, set[int]] = defaultdict(set)
        for old_spans, new_spans in ((old.phac, new.phac), (old.weekly, new.weekly)):
            for field in _FIELDS:
                days_moved = moved(old_spans[field], new_spans[field])
                moving[field].update(
                    day for day in days_moved if old.chosen(field, day) != new.chosen(field, day)
                )
        for (source, day), fields in self._changed.items():
            if source not in PRECEDENCE:
                continue
            index = PRECEDENCE.index(source)
            chosen = [f for f in fields if new.chosen(f, day) == index]
            if chosen or self._merged_presence(day, now=False) != self._merged_presence(day, now=True):
                days.add(day)
            for field in chosen:
                if self._input_changed((source, day), field):
                    moving[field].add(day)
        for field, moving_days in moving.items():
            days |= moving_days
            days |= self._dependents(moving_days, field)
        return {day for day in days if self._merged_presence(day, now=True) is not None}

    def _merged_presence(self, day: int, *, now: bool) -> bool | None:
        """None where the merged row does not exist, else whether it is live."""
        effectives = []
        for source in PRECEDENCE:
            key = source, day
            use_old = not now and key in self._before
            effectives.append(self._before[key] if use_old else self._months.effective(*key))
        known = [cells for cells in effectives if cells is not None]
        return any(cells != NOTHING for cells in known) if known else None

    def _input_changed(self, key: _Key, field: int) -> bool:
        """Whether the metrics of later days see a change."""
        return _input(self._before[key], field) != _input(self._months.effective(*key), field)

    def _dependents(self, days: Collection[int], field: int) -> set[int]:
        """Days whose metrics see the field of one of these days, up to the newest."""
        if not days:
            return set()
        # Days as bits: a file's thousand days, each seen by seventy, are as many shifts of one number.
        first = min(days)
        given = seen = 0
        for day in days:
            given |= 1 << (day - first)
        for offset in DEPENDENT_DAYS[FIELDS[field]]:
            seen |= given << offset
        bits = f"{seen:b}"[::-1][: self._newest - first + 1]
        return {first + place for place, bit in enumerate(bits) if bit == "1"}

    def _span(self, source: str, field: int, span: Span | None) -> Span | None:
        days = {day for (s, day), fields in self._changed.items() if s == source and field in fields}
        present = [day for day in days if _number(self._months.effective(source, day), field) is not None]
        if present:
            first, last = min(present), max(present)
            span = Span(first, last) if span is None else Span(min(first, span.first), max(last, span.last))
        if span is None:
            return None
        # Only where the end itself has changed: the first days of a long history are chunks of their own.
        first_day: int | None = span.first
        last_day: int | None = span.last
        if span.first in days:
            first_day = self._first_number(source, field, range(span.first, span.last + 1))
        if span.last in days:
            last_day = self._first_number(source, field, range(span.last, span.first - 1, -1))
        return None if first_day is None or last_day is None else Span(first_day, last_day)

    def _first_number(self, source: str, field: int, days: Sequence[int]) -> int | None:
        return next((d for d in days if _number(self._months.effective(source, d), field) is not None), None)


def _changed_fields(old: Effective | None, new: Effective | None) -> list[int] | None:
    """Fields whose number or status changed; None when the row stays as it is (an empty list: it is new)."""
    if old is None:
        return list(_FIELDS) if new is not None and new != NOTHING else []
    fields = [f for f in _FIELDS if _said(old[f]) != _said((new or NOTHING)[f])]
    return fields or None


def _said(cell: Cell | None) -> tuple[int | None, str | None] | None:
    return None if cell is None else (cell.number, cell.status)


def _number(cells: Effective | None, field: int) -> int | None:
    cell = None if cells is None else cells[field]
    return None if cell is None else cell.number


def _input(cells: Effective | None, field: int) -> tuple[int | None, bool]:
    """The number, and whether it only repeats an earlier one, which Rt does not take for a report."""
    number = _number(cells, field)
    cell = None if cells is None else cells[field]
    return number, number is not None and cell is not None and cell.status == Status.NOT_DUE
