"""What items of `covid_inbox` say, and what their changes mean for the log."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from covid_core import inbox
from covid_core.records import MAX_COUNT, Record, Refused, Status

NOW = dt.datetime(2021, 3, 1, 12, tzinfo=dt.UTC)
ID = {"S": "phac:CA-ON:2021-01-02"}
KEY: dict[str, Any] = {"source": "phac", "region": "CA-ON", "date": dt.date(2021, 1, 2)}


def item(**attributes: Any) -> dict[str, Any]:
    return {"id": ID, **attributes}


def number(value: object) -> dict[str, str]:
    return {"N": str(value)}


def test_an_item_says_what_its_record_says() -> None:
    record = Record(**KEY, confirmed=0, deaths=MAX_COUNT, status={"recovered": Status.ENDED}, correction=True)
    made = inbox.item_of(record, "somebody", NOW + dt.timedelta(microseconds=7999))
    assert made["actor"] == {"S": "somebody"}
    assert made["said_at"] == number(1614600000007)
    assert inbox.correction(made, NOW) == record


@pytest.mark.parametrize("text", ["1E+3", "1000", "1000.0"])
def test_numbers_as_dynamodb_writes_them(text: str) -> None:
    assert inbox.correction(item(confirmed=number(text)), NOW).confirmed == 1000


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"id": {"S": "CA-ON"}, "confirmed": number(1)}, "bad_id"),
        ({"id": {"N": "7"}, "confirmed": number(1)}, "bad_shape"),
        ({"id": {"S": "phac:CA-XX:2021-01-02"}, "confirmed": number(1)}, "unknown_region"),
        ({"id": {"S": "merged:CA-ON:2021-01-02"}, "confirmed": number(1)}, "bad_source"),
        ({"id": {"S": "phac:CA-ON:2021-03-09"}, "confirmed": number(1)}, "future"),
        ({"confirmed": number("1.5")}, "bad_count"),
        ({"confirmed": number(-1)}, "bad_count"),
        ({"confirmed": {"S": "5"}}, "bad_count"),
        ({"confirmed": number("Infinity")}, "bad_count"),
        ({"confrmed": number(5)}, "unknown_field"),
        ({"status": {"S": "ended"}}, "bad_shape"),
        ({"status": {"M": {"deaths": {"S": "gone"}}}}, "bad_shape"),
        ({}, "says_nothing"),
    ],
)
def test_what_is_no_correction_is_refused(attributes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        inbox.correction(item(**attributes), NOW)
    assert caught.value.code == code


def test_a_new_item_is_a_correction_that_the_log_stamps() -> None:
    (record,) = inbox.changes(None, item(confirmed=number(5)), NOW)
    assert record == Record(**KEY, confirmed=5, correction=True)


def test_what_an_item_no_longer_says_is_withdrawn_first() -> None:
    old, new = item(confirmed=number(5), deaths=number(1)), item(confirmed=number(6))
    withdrawal, correction = inbox.changes(old, new, NOW)
    assert withdrawal == Record(**KEY, withdrawn=True, correction=True)
    assert correction == Record(**KEY, confirmed=6, correction=True)
    assert len(inbox.changes(new, old, NOW)) == 1


def test_a_removed_item_deletes_its_row() -> None:
    (record,) = inbox.changes(item(confirmed=number(5)), None, NOW)
    assert record == Record(**KEY, deleted=True, correction=True)


BAD = item(confirmed={"S": "five"})


def test_an_item_that_is_no_correction_is_refused_whatever_it_said_before() -> None:
    with pytest.raises(Refused):
        inbox.changes(item(confirmed=number(5)), BAD, NOW)


def test_a_removed_item_deletes_its_row_though_it_was_no_correction_at_last() -> None:
    (record,) = inbox.changes(BAD, None, NOW)
    assert record == Record(**KEY, deleted=True, correction=True)


@pytest.mark.parametrize(
    "key",
    [
        "CA-ON",
        "phac:CA-XX:2021-01-02",
        "merged:CA-ON:2021-01-02",
        "phac:CA-ON:2021-03-09",
        "phac:CA:1021-01-02",
    ],
)
def test_a_removed_item_whose_key_the_log_does_not_take_leaves_nothing_behind(key: str) -> None:
    assert inbox.changes({"id": {"S": key}, "confirmed": number(1)}, None, NOW) == []


def test_what_was_said_before_an_item_that_was_no_correction_is_withdrawn() -> None:
    withdrawal, correction = inbox.changes(BAD, item(confirmed=number(6)), NOW)
    assert withdrawal == Record(**KEY, withdrawn=True, correction=True)
    assert correction == Record(**KEY, confirmed=6, correction=True)


def test_an_item_that_says_every_field_withdraws_nothing() -> None:
    statuses = {"M": {"tests": {"S": "ended"}}}
    new = item(confirmed=number(1), deaths=number(1), recovered=number(1), status=statuses)
    assert len(inbox.changes(BAD, new, NOW)) == 1
