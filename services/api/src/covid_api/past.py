"""Rows as they were known at a moment, from the log itself: docs/adr/0010."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from covid_api.items import Values
from covid_api.reader import Place, Selection
from covid_api.region_log import RegionLog, check
from covid_api.turn import Turn
from covid_core.replay import Moment, rows_of
from covid_core.rows import Row


class Past:
    """Merges the records up to a moment and computes their rows, by the code of the streaming job. Exact,
    and each region costs as much as its partition of the log is long."""

    def __init__(self, log: RegionLog, turn: Turn) -> None:
        self._log = log
        self._turn = turn

    async def pages(
        self, selection: Selection, after: Place | None = None
    ) -> AsyncGenerator[list[Values], None]:
        """The selection's live rows, as of its moment, after a place, ordered by region and date, a region at
        a time. Raises `Unavailable`, 503 while too many look, and 422 for too many regions."""
        check(len(selection.regions))
        moment = selection.moment or Moment()
        for region in selection.regions:
            if after is not None and region < after.region:
                continue
            rows = await self._turn.run(self._rows, moment, region)
            wanted = [row for row in rows if _chosen(row, selection, after)]
            if wanted:
                yield [_values(row, selection) for row in sorted(wanted, key=lambda row: row.date)]

    def _rows(self, moment: Moment, region: str) -> Sequence[Row]:
        return rows_of(region, self._log.records(region, moment))


def _chosen(row: Row, selection: Selection, after: Place | None) -> bool:
    if row.deleted or row.source != selection.source or not selection.first <= row.date <= selection.last:
        return False
    return after is None or (row.region, row.date) > after


def _values(row: Row, selection: Selection) -> Values:
    """As a row that is read from the store has them: dates are texts."""
    return tuple(
        row.date.isoformat() if column.name == "date" else getattr(row, column.name)
        for column in selection.columns
    )
