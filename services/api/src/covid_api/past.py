"""Rows as they were known at a moment, from the log itself: docs/adr/0010."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, Final

from covid_api.items import Values
from covid_api.reader import Place, Selection
from covid_api.region_log import Reading, RegionLog, check
from covid_api.turn import Turn
from covid_core.carried import Day, carried, is_carried
from covid_core.logged import Logged
from covid_core.records import RecordKey
from covid_core.replay import Moment, rows_after, rows_of
from covid_core.rows import Column, ColumnType, Row
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

CARRIED: Final = Column(
    "carried", ColumnType.BOOL, False, "the source's reports have passed over the day since", None
)
"""A column of the rows of a moment."""


class Past:
    """Merges the records up to a moment and computes their rows, by the code of the streaming job. Exact,
    and each region costs as much as its partition of the log is long."""

    def __init__(self, log: RegionLog, turn: Turn, interval: SerialInterval = DEFAULT_INTERVAL) -> None:
        """`interval`: the serial interval of Rt, as the stream has it."""
        self._log = log
        self._turn = turn
        self._interval = interval

    async def pages(
        self, selection: Selection, after: Place | None = None
    ) -> AsyncGenerator[list[Values], None]:
        """The selection's live rows, as of its moment, after a place, ordered by region and date, a region at
        a time. Raises `Unavailable`, 503 while too many look, and 422 for too many regions."""
        check(len(selection.regions))
        regions = [each for each in selection.regions if after is None or each >= after.region]
        reading = self._log.reading(regions, selection.moment or Moment())
        run = self._turn.run
        for region in regions:
            rows = await run(self._rows, selection, reading, region, after)
            run = self._turn.go_on
            if rows:
                yield rows

    async def rows(self, keys: Sequence[RecordKey], moment: Moment) -> dict[RecordKey, Row]:
        """The rows of these keys as of the moment, tombstones included. Absent keys are left out. Raises the
        same."""
        found: dict[RecordKey, Row] = {}
        regions = sorted({key.region for key in keys})
        reading = self._log.reading(regions, moment)
        run = self._turn.run
        for region in regions:
            rows = await run(self._all, reading, region)
            run = self._turn.go_on
            found |= {RecordKey(row.source, row.region, row.date): row for row in rows}
        return {key: found[key] for key in keys if key in found}

    def _all(self, reading: Reading, region: str) -> Sequence[Row]:
        return rows_of(region, reading.records(region), interval=self._interval)

    def _rows(self, selection: Selection, reading: Reading, region: str, after: Place | None) -> list[Values]:
        logged: Iterable[Logged] = reading.records(region)
        days: set[Day] = set()
        if CARRIED in selection.columns:
            logged = list(logged)
            days = carried(logged)
        if selection.lag is None:
            rows = rows_of(region, logged, interval=self._interval)
        else:
            rows = rows_after(region, logged, selection.lag, self._interval)
        wanted = sorted((row for row in rows if _chosen(row, selection, after)), key=lambda row: row.date)
        return [_values(row, selection, {CARRIED.name: is_carried(row, days)}) for row in wanted]


def _chosen(row: Row, selection: Selection, after: Place | None) -> bool:
    if row.deleted or row.source != selection.source or not selection.first <= row.date <= selection.last:
        return False
    return after is None or (row.region, row.date) > after


def _values(row: Row, selection: Selection, more: Mapping[str, Any]) -> Values:
    """As a row that is read from the store has them: dates are texts."""
    known = {**more, "date": row.date.isoformat()}
    return tuple(
        known[name] if (name := column.name) in known else getattr(row, name) for column in selection.columns
    )
