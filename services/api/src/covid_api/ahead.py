"""Messages that are kept for regions whose turn has not come, within one limit for the whole process."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Final, NamedTuple

from covid_api.log_reader import Part

ROOM: Final = 64 << 20
"""Bytes, of values and what Python needs around them: 120,000 records or so."""

_AROUND: Final = 250
"""Bytes that a kept message takes besides its value's own."""


class Raw(NamedTuple):
    """A message of the log, not decoded yet."""

    value: bytes
    at: dt.datetime
    """The log's timestamp, in UTC."""
    offset: int
    part: Part
    """The partition that it was read from."""


class Room:
    """How many bytes may be kept. For any thread."""

    def __init__(self, free: int = ROOM) -> None:
        self.free = free
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there is as much left; if so it is taken."""
        with self._lock:
            if size > self.free:
                return False
            self.free -= size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.free += size


class Kept:
    """Messages of one region, in the log's order. Their room is free again once nobody refers to them: a
    request may end between two of its regions, or be given up while a thread still reads for it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0
        self._messages: list[Raw] = []

    def add(self, message: Raw) -> bool:
        """Whether there was room for it."""
        size = len(message.value) + _AROUND
        if not self._room.take(size):
            return False
        self._size += size
        self._messages.append(message)
        return True

    def __iter__(self) -> Iterator[Raw]:
        return iter(self._messages)

    def __del__(self) -> None:
        self._room.give(self._size)
