"""The newest part of `covid.metrics`, in memory: what every listener reads from, at a pace of its own."""

from __future__ import annotations

from collections.abc import Mapping

from covid_api.live.entries import Entry
from covid_api.live.positions import Positions


class Window:
    """Entries in the order in which they arrived, numbered; the oldest make room for the newest.

    That it is shared bounds the memory, however many listen and however slow they are: who falls behind the
    oldest has lost entries, and can tell from its number.
    """

    def __init__(self, starts: Positions, limit: int) -> None:
        """`starts`: where reading begins. `limit`: bytes kept, though never less than one entry."""
        self._entries: dict[int, Entry] = {}
        self._limit = limit
        self._size = 0
        self._floors = dict(starts)
        self._ends = dict(starts)
        self.first = 0
        """Number of the oldest entry."""
        self.following = 0
        """Number that the next entry will get."""

    @property
    def floors(self) -> Mapping[int, int]:
        """Of each partition the offset from which on nothing is missing."""
        return self._floors

    @property
    def ends(self) -> Mapping[int, int]:
        """Of each partition the next offset."""
        return self._ends

    def append(self, entry: Entry) -> None:
        """Add the next entry of its partition."""
        self._entries[self.following] = entry
        self.following += 1
        self._size += entry.size
        self._ends[entry.partition] = entry.offset + 1
        while self._size > self._limit and self.first < self.following - 1:
            oldest = self._entries.pop(self.first)
            self.first += 1
            self._size -= oldest.size
            self._floors[oldest.partition] = oldest.offset + 1

    def get(self, number: int) -> Entry | None:
        """The entry of a number, or None where there is none (yet, or any more)."""
        return self._entries.get(number)

    def covers(self, positions: Positions) -> bool:
        """Whether all that follows these positions is here, which are positions of this very topic."""
        return positions.keys() == self._ends.keys() and all(
            self._floors[partition] <= offset <= self._ends[partition]
            for partition, offset in positions.items()
        )

    def reached(self, positions: Positions) -> bool:
        """Whether everything before these positions was read."""
        return all(self._ends.get(partition, 0) >= offset for partition, offset in positions.items())

    def since(self, time: float) -> dict[int, int]:
        """The positions of the first entries that are not older than a time (POSIX, s)."""
        found: dict[int, int] = {}
        for entry in self._entries.values():
            if entry.time >= time:
                found.setdefault(entry.partition, entry.offset)
        return {**self._ends, **found}
