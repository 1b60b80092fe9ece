"""The relational adapter over a database that checks a row only where it would store it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from unittest.mock import Mock

import pytest

from covid_core.rows import Row
from covid_sinks.contract import Rejected, WriteReport
from covid_sinks.sql.dialect import Trouble
from covid_sinks.sql.sink import SqlSink

DAY = dt.date(2021, 1, 1)
STORED = {"CA-ON": (1, 7)}


class Violated(Exception):
    """A row breaks a constraint."""


class Checked(Mock):
    """As SQL Server and Redshift: what is stale is left out before anything is checked."""

    name = "checked"
    staged: Sequence[Row] = ()

    def trouble(self, error: Exception) -> Trouble | None:
        return Trouble.DATA if isinstance(error, Violated) else None

    def stage(self, connection: Any, rows: Sequence[Row]) -> None:
        self.staged = rows

    def apply(self, connection: Any, *, repair: bool) -> int:
        taken = [row for row in self.staged if self._newer(row, repair)]
        for row in taken:
            if (row.deaths or 0) > (row.confirmed or 0):
                raise Violated(f"more deaths than cases in {row.region}")
        return len(taken)

    def _newer(self, row: Row, repair: bool) -> bool:
        order, stored = (row.generation, row.revision), STORED.get(row.region, (0, 0))
        return order > stored or (repair and order == stored)


def row(region: str, deaths: int) -> Row:
    return Row(source="phac", region=region, date=DAY, confirmed=5, deaths=deaths, revision=7)


def test_a_repair_that_the_table_refuses_is_found_and_the_others_are_named_too() -> None:
    sink = SqlSink(Checked(), "covid_metrics")
    rows = [row("CA-ON", 6), row("CA-QC", 1), row("CA-AB", 9)]
    assert sink.write(rows[:2]) == WriteReport(1, 1)
    with pytest.raises(Rejected) as refused:
        sink.write(rows, repair=True)
    assert dict(refused.value.reasons) == {
        "checked: more deaths than cases in CA-ON": [rows[0]],
        "checked: more deaths than cases in CA-AB": [rows[2]],
    }
