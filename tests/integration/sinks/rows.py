"""Rows as the stream publishes them, and how a store must show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from covid_core.rows import Row

FIRST = dt.date(2021, 1, 1)


def rows_of(
    source: str, days: int, regions: Sequence[str] = ("CA-ON", "CA-QC"), revision: int = 1
) -> list[Row]:
    return [
        Row(
            source=source,
            region=region,
            date=FIRST + dt.timedelta(day),
            confirmed=day,
            revision=revision,
            generation=1,
        )
        for region in regions
        for day in range(days)
    ]


def expected(rows: Sequence[Row]) -> dict[tuple[str, dt.date], int]:
    return {(row.region, row.date): row.revision for row in rows}


def fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
