"""Every value that a record has had."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.replay import Moment, rows_of
from covid_core.revisions import revisions
from tests.unit.core import random_logs
from tests.unit.core.random_logs import LOGGED_AT
from tests.unit.core.test_replay import needs_data, published

DAY = dt.date(2020, 4, 4)


@needs_data
def test_ontario_on_2020_04_04_as_johns_hopkins_said_it_at_first_and_at_last() -> None:
    logged = [
        one
        for one in published(3)
        if (one.record.source, one.record.region, one.record.date) == ("jhu", "CA-ON", DAY)
    ]
    found = [(one.by.reported_at.date().isoformat(), one.values["confirmed"]) for one in revisions(logged)]
    assert found == [("2020-06-01", 3630), ("2023-03-09", 5123)]


def test_what_people_do_is_a_revision_and_a_repetition_is_none() -> None:
    def said(hour: int, **what: object) -> Record:
        at = dt.datetime(2021, 1, 3, hour, tzinfo=dt.UTC)
        return Record(source="phac", region="CA-ON", date=DAY, reported_at=at, **what)  # type: ignore[arg-type]

    records = [
        said(1, confirmed=5),
        said(2, confirmed=5),
        said(3, confirmed=6, correction=True),
        said(4, confirmed=7),
        said(5, deleted=True, correction=True),
        said(6, withdrawn=True),
    ]
    logged = [Logged(record, offset) for offset, record in enumerate(records)]
    random.Random(1).shuffle(logged)
    found = [(one.by.offset, one.values) for one in revisions(logged)]
    assert found == [(0, {"confirmed": 5}), (2, {"confirmed": 6}), (4, {}), (5, {"confirmed": 7})]


@given(log=st.lists(random_logs.records(regions=("CA-ON",), dates=st.just(DAY)), min_size=1, max_size=12))
def test_the_last_revision_up_to_a_moment_is_the_row_of_that_moment(log: list[Record]) -> None:
    logged = [Logged(record, offset) for offset, record in enumerate(log) if record.source == "jhu"]
    for moment in {one.reported_at for one in logged}:
        known = [one for one in logged if Moment(as_of=moment).covers(one.record, LOGGED_AT)]
        row = next((row for row in rows_of("CA-ON", known) if row.source == "jhu"), None)
        before = [one for one in revisions(logged) if one.by.reported_at <= moment]
        assert (before[-1].values.get("confirmed") if before else None) == (row.confirmed if row else None)


def test_a_record_that_was_not_validated_is_refused() -> None:
    with pytest.raises(ValueError, match="validate it first"):
        revisions([Logged(Record(source="phac", region="CA-ON", date=DAY, confirmed=1), 0)])
