"""What is posted: corrections, all or none, every invalid item named."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from covid_api import submissions
from covid_api.problems import Problem
from covid_core.records import MAX_COUNT, Record, RecordKey, Refused, Status

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.date(2021, 1, 2)
GOOD: dict[str, Any] = {"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": 5}


def parse(content: Any) -> submissions.Submission:
    return submissions.parse(json.dumps(content).encode(), NOW)


def test_one_record_becomes_a_correction_stamped_by_the_log() -> None:
    assert parse(GOOD) == (
        [Record(source="phac", region="CA-ON", date=DAY, confirmed=5, correction=True)],
        False,
    )


def test_a_list_of_one_is_a_list() -> None:
    assert parse([GOOD]).listed


def test_correction_cannot_be_switched_off() -> None:
    assert parse({**GOOD, "correction": False}).records[0].correction


def test_a_given_reported_at_stays_in_utc() -> None:
    record = parse({**GOOD, "reported_at": "2021-01-03T02:00:00+02:00"}).records[0]
    assert record.reported_at == dt.datetime(2021, 1, 3, tzinfo=dt.UTC)


def test_statuses() -> None:
    record = parse({**GOOD, "status": {"recovered": "suppressed"}}).records[0]
    assert record.status == {"recovered": Status.SUPPRESSED}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({**GOOD, "confirmed": -1}, "bad_count"),
        ({**GOOD, "confirmed": MAX_COUNT + 1}, "bad_count"),
        ({**GOOD, "confirmed": 10**30}, "bad_count"),
        ({**GOOD, "confirmed": 1.5}, "bad_shape"),
        ({**GOOD, "confirmed": "5"}, "bad_shape"),
        ({**GOOD, "region": "CA-ZZ"}, "unknown_region"),
        ({**GOOD, "source": "merged"}, "bad_source"),
        ({**GOOD, "source": "Ph ac"}, "bad_source"),
        ({**GOOD, "date": "2021-06-03"}, "future"),
        ({**GOOD, "date": "2021-02-30"}, "bad_shape"),
        ({**GOOD, "reported_at": "2021-06-03T00:00:00Z"}, "future"),
        ({**GOOD, "reported_at": "2021-01-03T00:00:00"}, "bad_reported_at"),
        ({**GOOD, "deleted": True}, "bad_kind"),
        ({"source": "phac", "region": "CA-ON", "date": "2021-01-02"}, "says_nothing"),
        ({**GOOD, "confirmd": 6}, "unknown_field"),
        ([GOOD], "bad_shape"),
        ("phac:CA-ON:2021-01-02", "bad_shape"),
        (None, "bad_shape"),
    ],
)
def test_one_bad_item_costs_the_list_and_is_named(item: Any, code: str) -> None:
    with pytest.raises(Problem) as raised:
        parse([GOOD, item, GOOD])
    problem = raised.value
    assert (problem.status, problem.code) == (422, "invalid-record")
    assert [(error["index"], error["pointer"], error["code"]) for error in problem.members["errors"]] == [
        (1, "#/1", code)
    ]


def test_every_bad_item_is_named() -> None:
    bad = {**GOOD, "confirmed": -1}
    with pytest.raises(Problem, match="2 of 4") as raised:
        parse([bad, GOOD, GOOD, bad])
    assert [error["index"] for error in raised.value.members["errors"]] == [0, 3]


@pytest.mark.parametrize("count", [0, submissions.MAX_RECORDS + 1])
def test_length_of_the_list(count: int) -> None:
    with pytest.raises(Problem) as raised:
        parse([GOOD] * count)
    assert raised.value.status == 422
    assert len(parse([GOOD] * submissions.MAX_RECORDS).records) == submissions.MAX_RECORDS


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"source=phac", b"[" * 100_000])
def test_not_json(body: bytes) -> None:
    with pytest.raises(Problem) as raised:
        submissions.parse(body, NOW)
    assert (raised.value.status, raised.value.code) == (400, "bad-json")


def test_tombstone_and_withdrawal() -> None:
    key = RecordKey("phac", "CA-ON", DAY)
    common: dict[str, Any] = {"source": "phac", "region": "CA-ON", "date": DAY, "correction": True}
    assert submissions.tombstone(key, NOW) == Record(**common, deleted=True)
    assert submissions.withdrawal(key, NOW) == Record(**common, withdrawn=True)


def test_merged_rows_are_computed_and_cannot_be_deleted() -> None:
    with pytest.raises(Refused, match="computed"):
        submissions.tombstone(RecordKey("merged", "CA-ON", DAY), NOW)
