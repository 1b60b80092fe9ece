"""Nowcasts, out of the log."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final, NamedTuple

from covid_api.items import Values
from covid_api.region_log import Reading, RegionLog, check
from covid_api.turn import Turn
from covid_core.nowcast.interval import LEVEL
from covid_core.nowcast.nowcast import Nowcast, nowcasts
from covid_core.nowcast.seen import HORIZON
from covid_core.replay import Moment
from covid_core.rows import Column, ColumnType

_SHARE: Final = f"{LEVEL:.0%}"

COLUMNS: Final = (
    Column("source", ColumnType.STRING, False, "whose count", None),
    Column("region", ColumnType.STRING, False, "ISO 3166 code", None),
    Column("date", ColumnType.DATE, False, "day the count is for", None),
    Column("field", ColumnType.STRING, False, "which count; what is nowcast are the new ones of a day", None),
    Column("delay", ColumnType.INT64, True, f"days from it to the newest report of it, below {HORIZON}", "d"),
    Column("reported", ColumnType.INT64, True, "new count of the day, as reported", None),
    Column("expected", ColumnType.INT64, True, "as it is expected to stand later: the median", None),
    Column("lower", ColumnType.INT64, True, f"lower bound of its {_SHARE} interval, included", None),
    Column("upper", ColumnType.INT64, True, f"upper bound of its {_SHARE} interval, included", None),
    Column("reason", ColumnType.STRING, True, "why nothing is expected; null where something is", None),
    Column("reports", ColumnType.INT64, False, "reports of the source that were seen", None),
    Column("learnt_from", ColumnType.INT64, False, "days that it is learnt from", None),
)

KEPT: Final = 1_000
"""Most series whose nowcasts are kept, of some kilobytes each."""


class _Asked(NamedTuple):
    source: str
    region: str
    field: str
    moment: Moment


class _Kept(NamedTuple):
    end: int
    """Of the region's partition, just before it was read."""
    nowcasts: list[Nowcast]


class Nowcasts:
    """Computes a region's nowcasts from its records, and keeps them until its partition of the log has grown:
    what a moment leaves out is in neither."""

    def __init__(self, log: RegionLog, turn: Turn, kept: int = KEPT) -> None:
        self._log = log
        self._turn = turn
        self._most = kept
        self._kept: OrderedDict[_Asked, _Kept] = OrderedDict()

    async def pages(
        self, regions: Sequence[str], source: str, fields: Sequence[str], moment: Moment
    ) -> AsyncGenerator[list[Values], None]:
        """Of each region, up to the moment, a region at a time.

        Raises `Unavailable`, 503 while too many look, 422 for too many regions.
        """
        check(len(regions))
        ends = await self._turn.run(self._ends, regions)
        asked = {region: [_Asked(source, region, field, moment) for field in fields] for region in regions}
        known = {
            one: kept.nowcasts
            for region, each in asked.items()
            for one in each
            if (kept := self._kept.get(one)) is not None and kept.end == ends[region]
        }
        new = [region for region, each in asked.items() if not known.keys() >= set(each)]
        reading = self._log.reading(new, moment)
        for region in regions:
            if region in new:
                found = await self._turn.go_on(self._look, reading, region, asked[region])
                self._keep(found, ends[region])
                known |= found
            if lines := [values(each) for one in asked[region] for each in known[one]]:
                yield lines

    def _ends(self, regions: Sequence[str]) -> dict[str, int]:
        return {region: self._log.end(region) for region in regions}

    @staticmethod
    def _look(reading: Reading, region: str, asked: Sequence[_Asked]) -> dict[_Asked, list[Nowcast]]:
        logged = list(reading.records(region))
        return {one: nowcasts(logged, one.source, region, one.field) for one in asked}

    def _keep(self, found: Mapping[_Asked, list[Nowcast]], end: int) -> None:
        for one, each in found.items():
            self._kept[one] = _Kept(end, each)
            self._kept.move_to_end(one)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def values(one: Nowcast) -> Values:
    """A line, under `COLUMNS`."""
    return (
        one.source,
        one.region,
        one.date.isoformat(),
        one.field,
        one.delay,
        one.reported,
        one.expected,
        one.lower,
        one.upper,
        None if one.reason is None else one.reason.value,
        one.reports,
        one.learnt_from,
    )
