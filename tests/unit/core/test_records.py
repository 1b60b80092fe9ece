"""Records: what is valid, and for everything else a code and a sentence."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from covid_core import records
from covid_core.records import (
    MAX_COUNT,
    Record,
    Refused,
    Status,
    decode,
    encode,
    from_object,
    parse_id,
    stamped,
)
from tests.unit.core.random_logs import LOGGED_AT
from tests.unit.core.random_logs import records as random_records

NOW = dt.datetime(2021, 1, 3, 12, tzinfo=dt.UTC)
GOOD: dict[str, Any] = {"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": 190962}


def changed(**cells: Any) -> bytes:
    """The good record with these keys; None takes a key away."""
    merged = GOOD | cells
    return json.dumps({name: value for name, value in merged.items() if value is not None}).encode()


def refusal(value: bytes | None) -> Refused:
    with pytest.raises(Refused) as caught:
        decode(value, NOW)
    assert caught.value.reason, "a refusal says why"
    return caught.value


def test_a_plain_line_is_a_record_reported_when_the_log_got_it() -> None:
    record = decode(changed(), NOW)
    assert record == Record(
        source="phac", region="CA-ON", date=dt.date(2021, 1, 2), confirmed=190962, reported_at=NOW
    )
    assert record.id == "phac:CA-ON:2021-01-02"


def test_reported_at_is_brought_to_utc() -> None:
    record = decode(changed(reported_at="2021-01-02T18:59:59-05:00"), NOW)
    assert record.reported_at == dt.datetime(2021, 1, 2, 23, 59, 59, tzinfo=dt.UTC)
    assert record.reported_at is not None and record.reported_at.utcoffset() == dt.timedelta(0)


def test_unknown_fields_of_a_newer_version_are_left_alone() -> None:
    assert decode(changed(hospitalized=12, note={"by": ["x"]}), NOW) == decode(changed(), NOW)


def test_not_due_may_stand_beside_a_number() -> None:
    record = decode(changed(status={"confirmed": "not_due"}), NOW)
    assert (record.confirmed, record.status) == (190962, {"confirmed": Status.NOT_DUE})


def test_a_status_alone_says_something() -> None:
    assert decode(changed(confirmed=None, status={"recovered": "ended"}), NOW).recovered is None


@pytest.mark.parametrize("kind", ["deleted", "withdrawn"])
def test_a_tombstone_and_a_withdrawal_need_no_counts(kind: str) -> None:
    assert getattr(decode(changed(confirmed=None, **{kind: True}), NOW), kind) is True


@pytest.mark.parametrize("count", [0, MAX_COUNT])
def test_counts_reach_from_zero_to_the_limit(count: int) -> None:
    assert decode(changed(confirmed=count), NOW).confirmed == count


@given(random_records())
def test_json_keeps_a_record(record: Record) -> None:
    assert decode(encode(record), LOGGED_AT) == record
    assert from_object(msgspec.json.decode(encode(record)), LOGGED_AT) == record


LATER = NOW + dt.timedelta(days=9)


@given(random_records())
def test_stamped_a_record_counts_by_its_first_arrival(record: Record) -> None:
    value = encode(msgspec.structs.replace(record, reported_at=None))
    assert decode(stamped(value, LOGGED_AT), LOGGED_AT + dt.timedelta(days=9)) == decode(value, LOGGED_AT)
    assert stamped(encode(record), LOGGED_AT) == encode(record)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(changed()[:-1] + b', "reported_at": null}', id="null says nothing"),
        pytest.param(b" " + changed() + b" \r\n", id="blanks around it"),
        pytest.param(changed()[:-1] + b', "note": ' + b"1" * 5_000 + b"}", id="a number too long for Python"),
    ],
)
def test_stamped_it_is_the_same_record(value: bytes) -> None:
    assert stamped(value, NOW) != value
    assert decode(stamped(value, NOW), LATER) == decode(value, NOW)


def test_what_is_refused_is_stamped_too() -> None:
    assert stamped(b"{ }", NOW) == b'{"reported_at":"2021-01-03T12:00:00Z"}'
    value = changed(region="CA-ZZ")
    assert stamped(value, NOW) == value[:-1] + b',"reported_at":"2021-01-03T12:00:00Z"}'


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(changed(reported_at="2021-01-02T23:59:59Z"), id="its own moment"),
        pytest.param(changed(reported_at="yesterday"), id="its own, though it is none"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"confirmed=9", id="no JSON"),
        pytest.param(b'[{"confirmed": 9}]', id="no object"),
        pytest.param(changed() + b"}", id="more than an object"),
        pytest.param(b'{"note": "\xff"}', id="no UTF-8"),
    ],
)
def test_what_needs_no_stamp_or_cannot_take_one_stays_as_it_is(value: bytes) -> None:
    assert stamped(value, NOW) == value


REFUSED: dict[str, tuple[bytes | None, str]] = {
    "no value": (None, "empty"),
    "no bytes": (b"", "bad_json"),
    "no JSON": (b"confirmed=3", "bad_json"),
    "cut off": (changed()[:-1], "bad_json"),
    "two on a line": (changed() + changed(), "bad_json"),
    "not UTF-8": (b'{"source": "ph\xe9"}', "bad_json"),
    "half a surrogate": (b'{"source": "\\ud800"}', "bad_json"),
    "a byte order mark": (b"\xef\xbb\xbf" + changed(), "bad_json"),
    "NaN": (changed().replace(b"190962", b"NaN"), "bad_json"),
    "a deep nest": (b"[" * 100_000, "bad_shape"),
    "null": (b"null", "bad_shape"),
    "a list": (b"[" + changed() + b"]", "bad_shape"),
    "a number": (b"3", "bad_shape"),
    "no source": (changed(source=None), "bad_shape"),
    "no region": (changed(region=None), "bad_shape"),
    "no date": (changed(date=None), "bad_shape"),
    "a day that does not exist": (changed(date="2021-02-30"), "bad_shape"),
    "another date format": (changed(date="02-01-2021"), "bad_shape"),
    "a date with a time": (changed(date="2021-01-02T00:00:00Z"), "bad_shape"),
    "text for a count": (changed(confirmed="190962"), "bad_shape"),
    "a fraction": (changed(confirmed=0.5), "bad_shape"),
    "true for a count": (changed(confirmed=True), "bad_shape"),
    "text for a flag": (changed(confirmed=None, deleted="yes"), "bad_shape"),
    "an unknown status": (changed(status={"deaths": "unknown"}), "bad_shape"),
    "another time format": (changed(reported_at="yesterday"), "bad_shape"),
    "a merged source": (changed(source="merged"), "bad_source"),
    "a source that is no slug": (changed(source="Toronto Health"), "bad_source"),
    "a source with the separator": (changed(source="a:b"), "bad_source"),
    "an empty source": (changed(source=""), "bad_source"),
    "a long source": (changed(source="a" * 64), "bad_source"),
    "an unknown region": (changed(region="CA-ZZ"), "unknown_region"),
    "a region in small letters": (changed(region="ca-on"), "unknown_region"),
    "a negative count": (changed(confirmed=-1), "bad_count"),
    "a count beyond exact numbers": (changed(confirmed=MAX_COUNT + 1), "bad_count"),
    "a count beyond 64 bits": (changed(confirmed=10**30), "bad_count"),
    "a status for no field": (changed(status={"cases": "missing"}), "bad_status"),
    "a number and a status": (changed(status={"confirmed": "suppressed"}), "bad_status"),
    "deleted and withdrawn": (changed(confirmed=None, deleted=True, withdrawn=True), "bad_kind"),
    "deleted with a count": (changed(deleted=True), "bad_kind"),
    "withdrawn with a status": (
        changed(confirmed=None, withdrawn=True, status={"tests": "ended"}),
        "bad_kind",
    ),
    "nothing said": (changed(confirmed=None), "says_nothing"),
    "a correction of nothing": (changed(confirmed=None, correction=True), "says_nothing"),
    "no time zone": (changed(reported_at="2021-01-02T23:59:59"), "bad_reported_at"),
    "before all years": (changed(reported_at="0001-01-01T00:00:00+23:00"), "bad_reported_at"),
    "a day in the future": (changed(date="2021-01-05"), "future"),
    "reported in the future": (changed(reported_at="2021-01-04T12:00:01Z"), "future"),
    "a day before the pandemic": (changed(date="2018-12-31"), "bad_date"),
    "the first day of all": (changed(date="0001-01-01"), "bad_date"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    value, code = REFUSED[name]
    assert refusal(value).code == code


def test_a_refusal_never_repeats_a_huge_value() -> None:
    for cells in ({"source": "x" * 10**6}, {"region": "x" * 10**6}, {"confirmed": 10**400}):
        assert len(refusal(changed(**cells)).reason) < 300


def test_24_hours_ahead_is_still_now() -> None:
    assert decode(changed(date="2021-01-04", reported_at="2021-01-04T12:00:00Z"), NOW).date.day == 4


def test_the_future_is_judged_by_the_log_not_by_a_clock() -> None:
    value = changed(date="2021-01-05")
    later = NOW + dt.timedelta(days=1)
    assert decode(value, later).confirmed == 190962
    assert refusal(value).code == "future"


def test_an_object_is_refused_like_json() -> None:
    with pytest.raises(Refused) as caught:
        from_object([GOOD], NOW)
    assert caught.value.code == "bad_shape"


def test_an_id_is_source_region_and_date() -> None:
    key = parse_id("merged:CA-ON:2021-01-02")
    assert (key.source, key.region, key.date) == ("merged", "CA-ON", dt.date(2021, 1, 2))
    assert records.record_id(key.source, key.region, key.date) == "merged:CA-ON:2021-01-02"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_id"),
        ("phac:CA-ON", "bad_id"),
        ("phac:CA-ON:2021-01-02:x", "bad_id"),
        ("phac:CA-ON:2021-13-01", "bad_id"),
        ("phac:CA-ON:", "bad_id"),
        ("PHAC:CA-ON:2021-01-02", "bad_source"),
        ("phac:XX-YY:2021-01-02", "unknown_region"),
    ],
)
def test_another_id_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_id(text)
    assert caught.value.code == code
