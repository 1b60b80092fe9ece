"""All rows of a region at once, in steps that bound what is held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from covid_core import replay
from covid_core.logged import Logged
from covid_core.records import Record

FIRST, REPORTED = dt.date(2021, 1, 1), dt.datetime(2022, 1, 1, tzinfo=dt.UTC)


def logged() -> Iterator[Logged]:
    for number in range(60):
        day = FIRST + dt.timedelta(number % 20)
        stamp = REPORTED + dt.timedelta(number // 20)
        record = Record(source="phac", region="CA-ON", date=day, confirmed=10 * number, reported_at=stamp)
        yield Logged(record, number)


@pytest.mark.parametrize("step", [1, 7, 59, 60])
def test_the_size_of_a_step_changes_no_row(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def content() -> list[object]:
        rows = replay.rows_of("CA-ON", logged())
        return sorted(
            (r.source, r.date, r.confirmed, r.new_confirmed, r.avg7_confirmed, r.lineage) for r in rows
        )

    whole = content()
    assert len(whole) == 40  # phac's and merged's
    monkeypatch.setattr(replay, "_STEP", step)
    assert content() == whole
