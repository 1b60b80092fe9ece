"""What the runner and a store promise each other. All else in this package is one side or the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from covid_core.lake import Positions
from covid_core.rows import Row, newer


class Transient(Exception):
    """The store cannot take the write now (down, throttled, a conflict): the same call may succeed later."""


class Rejected(Exception):
    """The store can never take these rows. Nothing of the call needs to be undone: writes are idempotent."""

    def __init__(self, reasons: Mapping[str, Sequence[Row]]) -> None:
        """`reasons`: the rows that are refused for each."""
        super().__init__("; ".join(f"{len(rows)} rows: {reason}" for reason, rows in reasons.items()))
        self.reasons = reasons

    @property
    def rows(self) -> list[Row]:
        """All of them."""
        return [row for rows in self.reasons.values() for row in rows]


class WriteReport(NamedTuple):
    """What became of the rows of one write; `stale` ones met a row that is as new or newer."""

    applied: int
    stale: int


class Message(NamedTuple):
    """A message as it stands in the log. `timestamp` is in milliseconds since 1970, UTC."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Sink(ABC):
    """A store that keeps, of every key, the row of the greatest (generation, revision).

    Any method may raise `Transient`; anything that is neither `Transient` nor `Rejected` ends the process,
    which starts again from the last commit. Calls come from one thread at a time; other processes may
    write too.
    """

    @abstractmethod
    def open(self) -> None:
        """Connect; make tables, columns and views that are missing. May be called again."""

    @abstractmethod
    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        """Apply each row that is newer than the stored one (with `repair`: also one of the same revision).

        At most one row a key. When it returns, the rows are durable. `positions` is where these rows end in
        the log: a store with atomic commits keeps it with them. Raises `Rejected` with every row at fault.
        """

    def covered(self) -> Positions | None:
        """The positions the store keeps with its rows, if it does."""
        return None

    @abstractmethod
    def drop_before(self, generation: int) -> int:
        """Remove the rows of older generations (their keys do not exist any more); returns how many."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections. A closed sink can be opened again."""


class Archive(ABC):
    """A store that keeps every message of the log once."""

    @abstractmethod
    def open(self) -> None:
        """Connect and make what is missing."""

    @abstractmethod
    def append(self, messages: Sequence[Message]) -> int:
        """Keep the messages that are not kept yet, atomically; returns how many. May raise `Transient`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""


Key = tuple[str, str, object]


def newest(rows: Iterable[Row]) -> list[Row]:
    """The newest row of each key; of equals the first."""
    given = list(rows)
    best: dict[Key, Row] = {(row.source, row.region, row.date): row for row in given}
    if len(best) == len(given):  # no key twice, as most batches have it
        return given
    best = {}
    for row in given:
        key = (row.source, row.region, row.date)
        stored = best.get(key)
        if newer(row, (stored.generation, stored.revision) if stored else None):
            best[key] = row
    return list(best.values())
