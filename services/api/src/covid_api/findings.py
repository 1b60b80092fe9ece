"""What is found in all records of a region: nothing of it is stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import TypeVar

from covid_api.region_log import Reading, RegionLog, check
from covid_api.turn import Turn
from covid_core.logged import Logged
from covid_core.replay import Moment

T = TypeVar("T")

Find = Callable[[str, Sequence[Logged]], Iterable[T]]
"""A region and what was merged of it, in the log's order, to what is found there."""


class Findings:
    """Looks through the log anew for each question."""

    def __init__(self, log: RegionLog, turn: Turn) -> None:
        self._log = log
        self._turn = turn

    async def pages(
        self, regions: Sequence[str], moment: Moment, find: Find[T]
    ) -> AsyncGenerator[list[T], None]:
        """What is found of each region, up to the moment, a region at a time.

        Raises `Unavailable`, 503 while too many look, 422 for too many regions.
        """
        check(len(regions))
        reading = self._log.reading(regions, moment)
        run = self._turn.run
        for region in regions:
            found = await run(self._look, reading, region, find)
            run = self._turn.go_on
            if found:
                yield found

    @staticmethod
    def _look(reading: Reading, region: str, find: Find[T]) -> list[T]:
        return list(find(region, list(reading.records(region))))
