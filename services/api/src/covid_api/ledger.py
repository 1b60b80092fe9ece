"""The ledger of corrections, from the log itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from covid_api.items import Values
from covid_api.region_log import RegionLog, check
from covid_api.turn import Turn
from covid_core.corrections import Correction, along, between
from covid_core.replay import Moment, rows_of
from covid_core.rows import Column, ColumnType

COLUMNS: Final = (
    Column("kind", ColumnType.STRING, False, "what happened", None),
    Column("source", ColumnType.STRING, False, "whose count", None),
    Column("region", ColumnType.STRING, False, "ISO 3166 code", None),
    Column("date", ColumnType.DATE, False, "day the count is for", None),
    Column("field", ColumnType.STRING, True, "which count; null where the whole record is meant", None),
    Column("old", ColumnType.INT64, True, "the count of the day or report before", None),
    Column("new", ColumnType.INT64, True, "the count after", None),
    Column("size", ColumnType.INT64, True, "new - old", None),
    Column("reported_at", ColumnType.STRING, True, "when the source said so; null along a series", None),
    Column("offset", ColumnType.INT64, True, "of the record in its partition; null along a series", None),
)

Wanted = Callable[[Correction], bool]


class Ledger:
    """Finds corrections anew for each question, from all records of a region."""

    def __init__(self, log: RegionLog, turn: Turn) -> None:
        self._log = log
        self._turn = turn

    async def pages(self, regions: Sequence[str], wanted: Wanted) -> AsyncGenerator[list[Values], None]:
        """The corrections of these regions, a region at a time: along the series of each source and of
        merged rows, then between reports. Raises `Unavailable`, 503 while too many look, 422 for too many
        regions."""
        check(len(regions))
        for region in regions:
            found = await self._turn.run(self._found, region)
            chosen = [_values(one) for one in found if wanted(one)]
            if chosen:
                yield chosen

    def _found(self, region: str) -> list[Correction]:
        logged = list(self._log.records(region, Moment()))
        return along(rows_of(region, logged)) + between(logged)


def _values(one: Correction) -> Values:
    return (
        one.kind.value,
        one.source,
        one.region,
        one.date.isoformat(),
        one.field,
        one.old,
        one.new,
        one.size,
        None if one.reported_at is None else one.reported_at.isoformat(),
        one.offset,
    )
