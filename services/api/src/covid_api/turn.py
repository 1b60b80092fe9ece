"""One at a time, and few who wait: for what reads the log from its beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from covid_api.problems import Problem

WAITING: Final = 4
"""Most that look or wait to look; one looks at a time."""

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """For use on one event loop."""

    def __init__(self) -> None:
        self._waiting = 0
        self._lock = asyncio.Lock()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The call, in a thread, once it is its turn. Raises 503 while too many wait."""
        if self._waiting >= WAITING:
            raise Problem(503, "Too many look through the log.", code="busy", headers={"Retry-After": "5"})
        return await self.go_on(call, *args, **kwargs)

    async def go_on(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for who has had a turn already and whose answer has begun: it waits, however many do."""
        self._waiting += 1
        try:
            async with self._lock:
                return await asyncio.to_thread(call, *args, **kwargs)
        finally:
            self._waiting -= 1
