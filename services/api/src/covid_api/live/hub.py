"""Joins the reader of `covid.metrics` and those who listen, on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from covid_api.live import events, positions
from covid_api.live.entries import Entry, Part
from covid_api.live.events import Event, Reset
from covid_api.live.feed import Feed
from covid_api.live.positions import Positions
from covid_api.live.window import Window
from covid_api.problems import Problem, Unavailable
from covid_api.telemetry import Telemetry
from covid_api.waiting import Closing

WINDOW_BYTES: Final = 16 * 1024 * 1024
"""Memory for what may still be sent, over all listeners."""

HEARTBEAT_SECONDS: Final = 15.0

OVERLAP_SECONDS: Final = 10.0
"""What a new listener is sent again: DynamoDB may not have shown it yet when the listener read there."""

_READY_SECONDS: Final = 10.0
_AHEAD_SECONDS: Final = 2.0
"""How long a position may be ahead of this process: another one may have been a little faster."""

_TURN_SECONDS: Final = 1.0


class Wanted(NamedTuple):
    """Which rows a listener wants; empty: all."""

    regions: frozenset[str]
    sources: frozenset[str]

    def of(self, entry: Entry) -> list[Part]:
        """The parts of an entry that are wanted."""
        return [
            part
            for part in entry.parts
            if (not self.regions or part.region in self.regions)
            and (not self.sources or part.source in self.sources)
        ]


class _Cursor:
    """How far a listener has read."""

    def __init__(self, window: Window, positions: Positions) -> None:
        self.window = window
        self.number = window.first
        self.positions = dict(positions)

    @property
    def id(self) -> str:
        return positions.encode(self.positions)

    @property
    def entry(self) -> Entry | None:
        """The next entry, where there is one."""
        return self.window.get(self.number)

    def passes(self, entry: Entry) -> bool:
        """Go past an entry; whether it is one that the listener does not have."""
        self.number += 1
        fresh = entry.offset >= self.positions[entry.partition]
        if fresh:
            self.positions[entry.partition] = entry.offset + 1
        return fresh


class Hub:
    """Everybody who listens. For use on one event loop; reading begins with the first listener."""

    def __init__(
        self, feed: Feed, closing: Closing, telemetry: Telemetry, now: Callable[[], float], limit: int
    ) -> None:
        """`now`: POSIX time in seconds. `limit`: most listeners at once."""
        self._feed = feed
        self._closing = closing
        self._telemetry = telemetry
        self._now = now
        self._limit = limit
        self._listeners = 0
        self._watch: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._closed = False
        self._window = Window({}, WINDOW_BYTES)
        self._due: Positions | None = None

    async def listen(self, wanted: Wanted, last_event_id: str | None) -> Listener:
        """A new listener, to be left again. Raises `Unavailable` while the log cannot be read, and 503 when
        as many listen as may."""
        if self._listeners >= self._limit:
            raise Problem(
                503,
                f"{self._limit} streams are open, no more are allowed.",
                code="too-many-streams",
                headers={"Retry-After": "30"},
            )
        self._count(1)
        try:
            self._begin_reading()
            if not await self._until(self._ready, _READY_SECONDS):
                raise Unavailable("Kafka", "covid.metrics cannot be read")
        except BaseException:
            self._count(-1)
            raise
        return Listener(self, wanted, last_event_id)

    def close(self, timeout: float) -> None:
        """Stop reading; wait at most `timeout` seconds for that."""
        self._feed.close(timeout)

    def leave(self) -> None:
        """A listener has gone."""
        self._count(-1)

    def sent(self, event: str) -> None:
        """An event was sent, which is counted."""
        self._telemetry.streamed(event)

    @property
    def closed(self) -> bool:
        """Whether the service stops."""
        return self._closed

    async def place(self, last_event_id: str | None) -> tuple[_Cursor, Reset | None]:
        """Where a listener begins, and why not where it asked to."""
        if last_event_id is None:
            return self.newest(), None
        asked = positions.decode(last_event_id)
        if asked is None:
            return self.newest(), Reset.UNKNOWN_POSITION
        await self._until(lambda: self._window.reached(asked), _AHEAD_SECONDS)
        window = self._window
        if window.covers(asked):
            return _Cursor(window, asked), None
        known = asked.keys() == window.ends.keys() and window.reached(asked)
        return self.newest(), Reset.TOO_FAR_BACK if known else Reset.UNKNOWN_POSITION

    def newest(self) -> _Cursor:
        """Where a listener begins who has nothing yet."""
        window = self._window
        return _Cursor(window, window.since(self._now() - OVERLAP_SECONDS))

    def lost(self, cursor: _Cursor) -> Reset | None:
        """Whether entries that a listener has not had yet are gone, and why."""
        if cursor.window is not self._window:
            return Reset.LOG_CHANGED if self._ready() else None
        return Reset.TOO_SLOW if cursor.number < cursor.window.first else None

    async def change(self, seconds: float) -> bool:
        """Wait until something came or the service stops; False when the time was up before."""
        changed = self._changed
        try:
            await asyncio.wait_for(changed.wait(), max(0.0, seconds))
        except TimeoutError:
            return False
        return True

    def _count(self, change: int) -> None:
        self._listeners += change
        self._telemetry.streams(self._listeners)

    def _ready(self) -> bool:
        return self._due is not None and self._window.reached(self._due)

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            left = deadline - asyncio.get_running_loop().time()
            if self._closed or left <= 0:
                return False
            await self.change(left)
        return True

    def _begin_reading(self) -> None:
        if self._watch is None:
            loop = asyncio.get_running_loop()
            self._watch = loop.create_task(self._end_with_service())
            self._feed.start(partial(self._begin, loop), partial(self._append, loop))

    async def _end_with_service(self) -> None:
        await self._closing.wait()
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _begin(self, loop: asyncio.AbstractEventLoop, starts: Positions, ends: Positions) -> None:
        def begin() -> None:
            self._window = Window(starts, WINDOW_BYTES)
            self._due = ends
            self._wake()

        self._on_loop(loop, begin)

    def _append(self, loop: asyncio.AbstractEventLoop, entries: Sequence[Entry]) -> None:
        def append() -> None:
            for entry in entries:
                self._window.append(entry)
            self._wake()

        self._on_loop(loop, append)

    def _on_loop(self, loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
        """From the feed's thread: do it on the loop, and wait, so that reading is no faster than that."""
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        try:
            loop.call_soon_threadsafe(act)
        except RuntimeError:
            return  # the loop is closed: nobody listens any more
        while not done.wait(_TURN_SECONDS) and not self._feed.stopping:
            pass


class Listener:
    """One open stream."""

    def __init__(self, hub: Hub, wanted: Wanted, last_event_id: str | None) -> None:
        self._hub = hub
        self._wanted = wanted
        self._last_event_id = last_event_id
        self._gone = False

    def leave(self) -> None:
        """Make room for another."""
        if not self._gone:
            self._gone = True
            self._hub.leave()

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The stream's bytes, an event at a time, until the service stops.

        An entry is looked up when its turn comes: a listener who does not read holds none of them.
        """
        hub, now = self._hub, asyncio.get_running_loop().time
        cursor, reason = await hub.place(self._last_event_id)
        told = cursor.id
        due = now() + HEARTBEAT_SECONDS
        yield events.opening(told)
        if reason is not None:
            yield self._reset(reason, told)
        while not hub.closed:
            reason = hub.lost(cursor)
            if reason is not None:
                cursor = hub.newest()
                told = cursor.id
                yield self._reset(reason, told)
            elif (entry := cursor.entry) is not None:
                parts = self._wanted.of(entry) if cursor.passes(entry) else []
                if not parts:
                    continue
                *others, last = parts
                for part in others:
                    yield self._rows(part, None)
                told = cursor.id
                yield self._rows(last, told)
            elif await hub.change(due - now()):
                continue
            else:
                moved = cursor.id if cursor.id != told else None
                told = cursor.id
                yield events.heartbeat(moved)
            due = now() + HEARTBEAT_SECONDS

    def _rows(self, part: Part, position: str | None) -> bytes:
        self._hub.sent(Event.ROWS)
        return events.rows(part.data, position)

    def _reset(self, reason: Reset, position: str) -> bytes:
        self._hub.sent(Event.RESET)
        return events.reset(reason, position)
