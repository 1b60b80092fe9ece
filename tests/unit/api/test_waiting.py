"""Judging what a stored row says about a record that was written."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec
import pytest

from covid_api.generations import Generations
from covid_api.reader import RowReader
from covid_api.waiting import Closing, Outcome, Written, judge, outcomes
from covid_api.writer import Position
from covid_core.records import Record, RecordKey, Status
from covid_core.rows import Row

DAY = dt.date(2021, 1, 2)
OFFSET = 41
ROW = Row(source="phac", region="CA-ON", date=DAY, confirmed=5, revision=OFFSET + 1, lineage="7,41")


def written(**content: Any) -> Written:
    record = Record(source="phac", region="CA-ON", date=DAY, correction=True, **content)
    return Written(record, Position("covid.records", 1, OFFSET))


def row(**changes: Any) -> Row:
    return msgspec.structs.replace(ROW, **changes)


def applied(item: Written, stored: Row | None) -> bool | None:
    outcome = judge(item, stored)
    return None if outcome is None else outcome.applied


@pytest.mark.parametrize("content", [{"confirmed": 5}, {"deleted": True}, {"withdrawn": True}])
@pytest.mark.parametrize("stored", [None, row(revision=OFFSET), row(revision=0)])
def test_an_older_row_says_nothing_yet(content: dict[str, Any], stored: Row | None) -> None:
    assert applied(written(**content), stored) is None


@pytest.mark.parametrize("revision", [OFFSET + 1, OFFSET + 1000])
def test_the_value_shows(revision: int) -> None:
    assert applied(written(confirmed=5), row(revision=revision)) is True


def test_fields_the_record_does_not_speak_of_do_not_matter() -> None:
    assert applied(written(confirmed=5), row(deaths=9, recovered_status="ended")) is True


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        ({"confirmed": 5}, {"confirmed": 6}),
        ({"confirmed": 5}, {"confirmed": None, "confirmed_status": "missing"}),
        ({"confirmed": 5}, {"confirmed_status": "not_due"}),
        ({"confirmed": 0}, {"confirmed": None}),
        ({"status": {"confirmed": Status.MISSING}}, {"confirmed": 0}),
        ({"status": {"confirmed": Status.MISSING}}, {"confirmed": None}),
        ({"confirmed": 5, "deaths": 1}, {"deaths": 2}),
    ],
)
def test_another_value_stands(content: dict[str, Any], changes: dict[str, Any]) -> None:
    outcome = judge(written(**content), row(**changes))
    assert outcome is not None
    assert not outcome.applied
    assert "7,41" in str(outcome.reason)


def test_a_status_shows() -> None:
    item = written(confirmed=5, status={"confirmed": Status.NOT_DUE, "deaths": Status.SUPPRESSED})
    assert applied(item, row(confirmed_status="not_due", deaths_status="suppressed")) is True


def test_a_deletion_stands_over_a_value() -> None:
    outcome = judge(written(confirmed=5), row(confirmed=None, deleted=True))
    assert outcome is not None
    assert not outcome.applied
    assert "deletion" in str(outcome.reason)


def test_deletions() -> None:
    assert applied(written(deleted=True), row(confirmed=None, deleted=True)) is True
    assert applied(written(deleted=True), row()) is False


def test_a_withdrawal_is_done_once_it_is_in_the_row_s_past() -> None:
    assert applied(written(withdrawn=True), row()) is True
    assert applied(written(withdrawn=True), row(confirmed=None, deleted=True)) is True


def test_closing_ends_a_pause() -> None:
    async def pauses() -> tuple[bool, bool, float]:
        closing = Closing()
        went_on = await closing.pause(0.01)
        start = time.perf_counter()
        asyncio.get_running_loop().call_later(0.01, closing.set)
        stopped = not await closing.pause(30)
        return went_on, stopped, time.perf_counter() - start

    went_on, stopped, seconds = asyncio.run(pauses())
    assert went_on
    assert stopped
    assert seconds < 5


class Store:
    """What DynamoDB shows, one row after the other, and the last for good."""

    def __init__(self, *shown: Row) -> None:
        self._shown = list(shown)

    async def rows(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Row]:
        row = self._shown.pop(0) if len(self._shown) > 1 else self._shown[0]
        return dict.fromkeys(keys, row)


class Current:
    """The generation that applies at each question, and the last for good; `asked` is for which."""

    def __init__(self, *applies: int) -> None:
        self._applies = list(applies)
        self.asked: list[int] = []

    async def covers(self, generation: int) -> bool:
        self.asked.append(generation)
        return generation >= (self._applies.pop(0) if len(self._applies) > 1 else self._applies[0])


def waited(
    store: Store, current: Current, batch: Iterable[Written], seconds: float = 0.2
) -> list[Outcome | None]:
    return asyncio.run(
        outcomes(cast(RowReader, store), cast(Generations, current), list(batch), seconds, Closing())
    )


OTHER = {"confirmed": 6, "revision": OFFSET + 1000}
"""Of a row that shows another value than what was written, under a greater revision."""


@pytest.mark.parametrize("content", [{"confirmed": 5}, {"deleted": True}, {"withdrawn": True}])
def test_a_row_of_the_generation_before_says_nothing(content: dict[str, Any]) -> None:
    assert waited(Store(row(**OTHER)), Current(2), [written(**content)]) == [None]


def test_once_the_next_generation_has_come_its_row_is_the_answer() -> None:
    store = Store(row(**OTHER), row(**OTHER), row(generation=2))
    (outcome,) = waited(store, Current(2), [written(confirmed=5)], 20)
    assert outcome == Outcome(True, None, row(generation=2))


def test_a_row_of_the_current_generation_says_that_another_value_stands() -> None:
    for content in ({"confirmed": 5}, {"deleted": True}):
        (outcome,) = waited(Store(row(**OTHER, generation=2)), Current(2), [written(**content)])
        assert outcome is not None
        assert not outcome.applied


def test_a_withdrawal_is_done_in_the_current_generation_alone() -> None:
    store = Store(row(**OTHER), row(**OTHER, generation=2))
    (outcome,) = waited(store, Current(2), [written(withdrawn=True)], 20)
    assert outcome == Outcome(True, None, row(**OTHER, generation=2))


def test_what_shows_asks_for_no_generation() -> None:
    current = Current(1)
    batch = [written(confirmed=5)] * 2
    assert [outcome and outcome.applied for outcome in waited(Store(ROW), current, batch)] == [True, True]
    assert current.asked == []


def test_a_batch_asks_once_for_each_generation() -> None:
    current = Current(1)
    found = waited(Store(row(**OTHER)), current, [written(confirmed=5)] * 100)
    assert [outcome and outcome.applied for outcome in found] == [False] * 100
    assert current.asked == [1]


def test_of_a_batch_only_what_is_doubtful_waits_on() -> None:
    found = waited(Store(row(**OTHER)), Current(2), [written(confirmed=6), written(confirmed=5)])
    assert [outcome and outcome.applied for outcome in found] == [True, None]
