"""Where two sources differ, as lines of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from covid_api.items import Values
from covid_core.corrections import Kind, between
from covid_core.disagreement import Disagreement, disagreements
from covid_core.logged import Logged
from covid_core.replay import rows_of
from covid_core.rows import Column, ColumnType

COLUMNS: Final = (
    Column("region", ColumnType.STRING, False, "ISO 3166 code", None),
    Column("date", ColumnType.DATE, False, "day the counts are for", None),
    Column("field", ColumnType.STRING, False, "which count", None),
    Column("phac", ColumnType.INT64, False, "as the Public Health Agency of Canada counts", None),
    Column("jhu", ColumnType.INT64, False, "as Johns Hopkins University counts", None),
    Column("difference", ColumnType.INT64, False, "jhu - phac", None),
    Column("relative", ColumnType.FLOAT64, True, "difference / phac; null where that is zero", "1"),
    Column("reason", ColumnType.STRING, True, "why, where a rule knows", None),
)


def found(region: str, logged: Sequence[Logged]) -> list[Disagreement]:
    """The days and counts on which the sources differ."""
    restated = {
        (one.source, one.date, one.field)
        for one in between(logged)
        if one.kind is Kind.RESTATED and one.field is not None
    }
    return disagreements(rows_of(region, logged), restated)


def values(one: Disagreement) -> Values:
    """A line, under `COLUMNS`."""
    reason = None if one.reason is None else one.reason.value
    return (
        one.region,
        one.date.isoformat(),
        one.field,
        one.phac,
        one.jhu,
        one.difference,
        one.relative,
        reason,
    )
