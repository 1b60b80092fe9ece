"""All rows of a region from its records at once: for batch jobs, and for what was known at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec

from covid_core.records import Record
from covid_core.region_state import Head, Logged, advance
from covid_core.rows import Row

_STEP: Final = 20_000


class Kept:
    """A region's chunks, in memory (see `covid_core.months.Chunks`)."""

    def __init__(self) -> None:
        self._chunks: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        return self._chunks.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._chunks[key] = value


class Moment(msgspec.Struct, frozen=True):
    """Up to when records count, both ends included; None sets no limit. Times are aware.

    `as_of` limits `reported_at`: what the sources had said by then. `known_at` limits the time at which the
    log took the record: what this system had been told by then.
    """

    as_of: dt.datetime | None = None
    known_at: dt.datetime | None = None

    def covers(self, record: Record, logged_at: dt.datetime) -> bool:
        """Whether a validated record (with `reported_at`) that the log took at a time counts."""
        if self.known_at is not None and logged_at > self.known_at:
            return False
        return self.as_of is None or (record.reported_at is not None and record.reported_at <= self.as_of)


def rows_of(region: str, logged: Iterable[Logged], generation: int = 1) -> Sequence[Row]:
    """All rows of a region, from all its records in any order.

    Holds the region's state and rows, and some thousand records, however many there are.
    """
    head, chunks = Head(), Kept()
    rows: dict[tuple[str, dt.date], Row] = {}
    records = iter(logged)
    while step := list(islice(records, _STEP)):
        head, changed = advance(region, head, chunks, step, generation)
        rows.update(((row.source, row.date), row) for row in changed)
    return list(rows.values())
