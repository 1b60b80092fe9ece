"""All rows of a region from its records at once: for batch jobs, and for what was known at a moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec

from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.region_state import Head, advance
from covid_core.rows import Row
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

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


def rows_of(
    region: str, logged: Iterable[Logged], generation: int = 1, interval: SerialInterval = DEFAULT_INTERVAL
) -> Sequence[Row]:
    """All rows of a region, from all its records in any order. `interval`: the serial interval of Rt.

    Holds the region's state and rows, and some thousand records, however many there are.
    """
    replay = _Replay(region, generation, interval)
    records = iter(logged)
    while step := list(islice(records, _STEP)):
        replay.advance(step)
    return replay.all()


def rows_after(
    region: str, logged: Iterable[Logged], days: int, interval: SerialInterval = DEFAULT_INTERVAL
) -> Sequence[Row]:
    """The row of each day of a region as it was that many days later (0: at its own end, UTC), by day.

    A day of which nothing had been reported by then has no row. Records are validated, in any order, and all
    held. What is meant by the lag of a report: Reinhart et al. (2021), doi:10.1073/pnas.2111452118, where it
    is `lag = issue - time_value`.
    """
    replay = _Replay(region, 1, interval)
    waiting = deque(sorted(logged, key=lambda one: one.reported_at))
    found: list[Row] = []
    for day in sorted({one.record.date for one in waiting}):
        end = dt.datetime.combine(day, dt.time.max, dt.UTC) + dt.timedelta(days)
        step = []
        while waiting and waiting[0].reported_at <= end:
            step.append(waiting.popleft())
        if step:
            replay.advance(step)
        found += replay.of(day)
    return found


class _Replay:
    """The rows of a region while its records come."""

    def __init__(self, region: str, generation: int, interval: SerialInterval) -> None:
        self._region = region
        self._generation = generation
        self._interval = interval
        self._head, self._chunks = Head(), Kept()
        self._rows: defaultdict[dt.date, dict[str, Row]] = defaultdict(dict)

    def advance(self, step: Sequence[Logged]) -> None:
        self._head, changed = advance(
            self._region, self._head, self._chunks, step, self._generation, interval=self._interval
        )
        for row in changed:
            self._rows[row.date][row.source] = row

    def all(self) -> list[Row]:
        return [row for rows in self._rows.values() for row in rows.values()]

    def of(self, day: dt.date) -> Iterable[Row]:
        return self._rows[day].values()
