"""What was known at a moment: each vintage gives itself back, whatever came before and after it."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

import msgspec
import pytest

from covid_core.carried import carried
from covid_core.logged import Logged
from covid_core.records import FIELDS, Record
from covid_core.replay import Moment, rows_after, rows_of
from covid_core.rows import Row
from tests.unit.core.publishers_files import NOW
from tests.unit.core.random_logs import LOGGED_AT
from tests.unit.core.test_formats_real import DATA, JHU, PHAC, jhu, phac

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")

REGIONS = ("CA", "CA-ON", "CA-YT")
VINTAGES = {**dict.fromkeys(PHAC, phac), **dict.fromkeys(JHU, jhu)}
"""Every vintage, and what parses it."""


@cache
def published(seed: int) -> tuple[Logged, ...]:
    """All vintages, published in a random order."""
    order = list(VINTAGES)
    random.Random(seed).shuffle(order)
    files = (VINTAGES[name](name).records for name in order)
    records = (record for file in files for record in file if record.region in REGIONS)
    return tuple(Logged(record, offset) for offset, record in enumerate(records))


def known(moment: Moment, logged: Sequence[Logged], region: str) -> Sequence[Row]:
    return rows_of(
        region,
        (one for one in logged if one.record.region == region and moment.covers(one.record, LOGGED_AT)),
    )


@needs_data
@pytest.mark.parametrize("name", VINTAGES)
@pytest.mark.parametrize("region", REGIONS)
def test_as_of_a_vintage_its_every_row_is_given_back(name: str, region: str) -> None:
    vintage = VINTAGES[name](name)
    said = {record.date: record for record in vintage.records if record.region == region}
    (source,) = {record.source for record in vintage.records}
    moment = Moment(as_of=vintage.reported_at)
    logged = [one for one in published(len(name)) if moment.covers(one.record, LOGGED_AT)]
    found = {row.date: row for row in known(moment, logged, region) if row.source == source}
    # What it lacks and an earlier one had is flagged; of these files none passes over a day.
    of_region = (one for one in logged if one.record.region == region)
    assert found.keys() - said.keys() == {date for whose, date in carried(of_region) if whose == source}
    for date, record in said.items():
        assert counts(found[date]) == counts(record), date


def counts(of: Row | Record) -> list[tuple[int | None, str | None]]:
    status = {field: of.status.get(field) for field in FIELDS} if isinstance(of, Record) else None
    return [
        (getattr(of, field), status[field] if status is not None else getattr(of, f"{field}_status"))
        for field in FIELDS
    ]


@needs_data
def test_ontario_on_2020_04_04_as_johns_hopkins_said_it_for_a_year_and_says_it_now() -> None:
    def confirmed(as_of: dt.datetime | None) -> dict[str, int | None]:
        rows = known(Moment(as_of=as_of), published(0), "CA-ON")
        return {r.source: r.confirmed for r in rows if r.date == dt.date(2020, 4, 4)}

    before, after = confirmed(dt.datetime(2021, 2, 1, tzinfo=dt.UTC)), confirmed(None)
    assert (before["jhu"], after["jhu"]) == (3630, 5123)
    assert before["phac"] == after["phac"] == 3630


def test_known_at_goes_by_the_time_of_the_log_and_both_ends_are_included() -> None:
    record = Record(source="phac", region="CA-ON", date=dt.date(2021, 1, 2), confirmed=1, reported_at=NOW)
    later = NOW + dt.timedelta(days=1)
    assert Moment(known_at=later).covers(record, later)
    assert not Moment(known_at=NOW).covers(record, later)
    assert Moment(as_of=NOW).covers(record, later)
    assert not Moment(as_of=NOW - dt.timedelta(seconds=1)).covers(record, later)
    assert Moment().covers(record, later)


@needs_data
@pytest.mark.parametrize("region", REGIONS)
def test_a_day_after_a_lag_is_its_row_as_of_then(region: str) -> None:
    """Against the definition: a replay of its own for each of some days."""
    logged = [one for one in published(7) if one.record.region == region]
    for lag in (0, 40, 300):
        found = rows_after(region, logged, lag)
        assert [row.date for row in found] == sorted(row.date for row in found)
        by_day = defaultdict(set)
        for row in found:
            by_day[row.date].add(said(row))
        for day in (dt.date(2020, 3, 20), dt.date(2020, 7, 2), dt.date(2021, 1, 14), dt.date(2022, 1, 2)):
            end = dt.datetime.combine(day, dt.time.max, dt.UTC) + dt.timedelta(lag)
            rows = known(Moment(as_of=end), logged, region)
            assert by_day[day] == {said(row) for row in rows if row.date == day}, (lag, day)


def said(row: Row) -> Row:
    """What it says, without which of several reports that say the same it is from: ADR 1."""
    return msgspec.structs.replace(row, revision=0, lineage="")


def test_the_day_that_is_reported_at_its_own_end_has_no_lag() -> None:
    day = dt.date(2021, 1, 2)
    at = dt.datetime(2021, 1, 2, 23, 59, 59, tzinfo=dt.UTC)
    record = Record(source="phac", region="CA-ON", date=day, confirmed=1, reported_at=at)
    late = msgspec.structs.replace(record, confirmed=2, reported_at=at + dt.timedelta(days=1))
    logged = [Logged(late, 0), Logged(record, 1)]
    assert {row.confirmed for row in rows_after("CA-ON", logged, 0)} == {1}
    assert {row.confirmed for row in rows_after("CA-ON", logged, 1)} == {2}
    assert rows_after("CA-ON", logged[:1], 0) == []
