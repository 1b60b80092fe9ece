"""A region's state, chunked by source and month, over any store of bytes.

One new day reads and writes the chunks of the days that depend on it, however long the history is.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final, Protocol

import msgspec

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

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._months: dict[str, _Month] = {}
        self._dirty: set[str] = set()
        self._effective: dict[tuple[str, int], Effective | None] = {}

    def effective(self, source: str, day: int) -> Effective | None:
        """What counts of a key now, or None for a key that was never reported."""
        key = (source, day)
        if key not in self._effective:
            state = self._month(chunk_key(source, day)).get(day)
            self._effective[key] = None if state is None else effective(state)
        return self._effective[key]

    def join(self, source: str, day: int, state: KeyState) -> None:
        """Join `state` into the key's state."""
        name = chunk_key(source, day)
        month = self._month(name)
        old = month.get(day)
        joined = state if old is None else join(old, state)
        if joined != old:
            month[day] = joined
            self._dirty.add(name)
            self._effective.pop((source, day), None)

    def flush(self) -> None:
        """Write the changed chunks."""
        for name in sorted(self._dirty):
            self._chunks.put(name, _encoder.encode(self._months[name]))
        self._dirty.clear()

    def _month(self, name: str) -> _Month:
        month = self._months.get(name)
        if month is None:
            stored = self._chunks.get(name)
            month = _decoder.decode(stored) if stored is not None else {}
            self._months[name] = month
        return month
