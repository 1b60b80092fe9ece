"""The ledger of corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from covid_api.feed import URN, Entry, end_of
from covid_api.items import Values
from covid_core.corrections import Correction, along, between
from covid_core.logged import Logged
from covid_core.replay import rows_of
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


def corrections(region: str, logged: Sequence[Logged]) -> list[Correction]:
    """Along the series of each source and of merged rows, then between reports."""
    return along(rows_of(region, logged)) + between(logged)


def values(one: Correction) -> Values:
    """A line of the ledger, under `COLUMNS`."""
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


def entry(one: Correction) -> Entry:
    """A correction in the feed: dated when the source said so, or to the end of its day where no report
    brought it."""
    parts = ("correction", one.kind, one.source, one.region, one.date, one.field or "", one.old, one.new)
    title = _title(one)
    return Entry(
        id=":".join(map(str, (URN, *parts, "" if one.offset is None else one.offset))),
        title=title,
        content=f"{title} ({one.kind})",
        updated=one.reported_at or end_of(one.date),
        categories=(one.kind.value,),
    )


def _title(one: Correction) -> str:
    what = f"{one.source} {one.region} {one.date}"
    if one.field is None:
        return f"{what}: {one.kind}"
    size = "" if one.size is None else f" ({one.size:+,})"
    return f"{what}, {one.field}: {_number(one.old)} to {_number(one.new)}{size}"


def _number(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"
