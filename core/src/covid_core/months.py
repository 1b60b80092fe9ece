"""A region's state, chunked by source and month, over any store of bytes.

One new day reads and writes the chunks of the days that depend on it, however long the history is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from covid_core.merged import Span
from covid_core.merging import Effective, KeyState, effective, join


class Chunks(Protocol):
    """Where chunks are kept: Spark's state store in the stream, a dict in batch."""

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""


_Month = dict[int, KeyState]
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Month)


def chunk_key(source: str, day: int) -> str:
    """Key of the chunk that holds a day (a proleptic Gregorian ordinal), `source|YYYY-MM`."""
    return f"{source}|{_month_of(day)}"


@lru_cache(maxsize=4096)
def _month_of(day: int) -> str:
    return dt.date.fromordinal(day).isoformat()[:7]


class Months:
    """Reads, joins and writes key states by source and day; `flush` writes what changed."""

    def __init__(self, chunks: Chunks, reported: Mapping[str, Span]) -> None:
        """`reported`: of each source, the first and the last day that any record was about.

        What lies outside has never been written, and is not asked for: each question to `chunks` may be a
        round trip to another process.
        """
        self._chunks = chunks
        self._reported = dict(reported)
        self._months: dict[str, _Month] = {}
        self._dirty: set[str] = set()
        self._effective: dict[tuple[str, int], Effective | None] = {}

    @property
    def reported(self) -> dict[str, Span]:
        """Of each source, the first and the last day that any record was about, joined ones too."""
        return dict(self._reported)

    def effective(self, source: str, day: int) -> Effective | None:
        """What counts of a key now, or None for a key that was never reported."""
        key = (source, day)
        if key not in self._effective:
            self._effective[key] = self._read(source, day)
        return self._effective[key]

    def join(self, source: str, day: int, state: KeyState) -> None:
        """Join `state` into the key's state."""
        month = self._month(source, day)
        old = month.get(day)
        joined = state if old is None else join(old, state)
        if joined != old:
            month[day] = joined
            self._dirty.add(chunk_key(source, day))
            self._effective.pop((source, day), None)
            span = self._reported.get(source, Span(day, day))
            self._reported[source] = Span(min(span.first, day), max(span.last, day))

    def flush(self) -> None:
        """Write the changed chunks."""
        for name in sorted(self._dirty):
            self._chunks.put(name, _encoder.encode(self._months[name]))
        self._dirty.clear()

    def _read(self, source: str, day: int) -> Effective | None:
        span = self._reported.get(source)
        if span is None or not span.first <= day <= span.last:
            return None
        state = self._month(source, day).get(day)
        return None if state is None else effective(state)

    def _month(self, source: str, day: int) -> _Month:
        name = chunk_key(source, day)
        month = self._months.get(name)
        if month is None:
            stored = self._chunks.get(name) if self._may_be_there(source, day) else None
            month = _decoder.decode(stored) if stored is not None else {}
            self._months[name] = month
        return month

    def _may_be_there(self, source: str, day: int) -> bool:
        span = self._reported.get(source)
        return span is not None and _month_of(span.first) <= _month_of(day) <= _month_of(span.last)
