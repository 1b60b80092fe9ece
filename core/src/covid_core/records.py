"""The record: what one source reported for one region and one day, and its JSON form on `covid.records`.

A record says something about up to four cumulative counts. A count that is absent says nothing; a count
that the source gives as a non-number (a dash, a blank) stands in `status`.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from covid_core import decoding
from covid_core.regions import is_known

FIELDS: Final = ("confirmed", "deaths", "recovered", "tests")
"""The cumulative counts a record may carry, in the order every schema lists them."""

MERGED: Final = "merged"
"""The computed source that joins the publishers; nobody may report under this name."""

FUTURE_TOLERANCE: Final = dt.timedelta(hours=24)
"""How far past its log timestamp a record may be dated before it is refused as lying in the future."""

EARLIEST: Final = dt.date(2019, 1, 1)
"""No count of COVID-19 is older; an earlier date is a slip, such as a year of two digits."""

MAX_COUNT: Final = 2**52
"""Counts up to here, and what is computed of three of them (active cases), are exact in every store and in
float64 arithmetic."""

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""The whole of a source's name."""


class Status(StrEnum):
    """Why a count is not a plain number (see the glossary)."""

    MISSING = "missing"
    SUPPRESSED = "suppressed"
    NOT_DUE = "not_due"
    ENDED = "ended"


class Refused(ValueError):
    """A record that is not valid, with a short reason `code` for counting and a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source's report for one region and day. Counts are cumulative, in persons (tests: in tests)."""

    source: Annotated[str, Meta(description="who reports: phac, phac-weekly, jhu, or a publisher's slug")]
    region: Annotated[str, Meta(description="ISO 3166 code, e.g. CA or CA-ON")]
    date: Annotated[dt.date, Meta(description="day the counts are for")]
    confirmed: Annotated[int | None, Meta(description="cumulative confirmed cases")] = None
    deaths: Annotated[int | None, Meta(description="cumulative deaths")] = None
    recovered: Annotated[int | None, Meta(description="cumulative recovered")] = None
    tests: Annotated[int | None, Meta(description="cumulative tests performed")] = None
    status: Annotated[dict[str, Status], Meta(description="why a count is no plain number, by field")] = {}
    reported_at: Annotated[
        dt.datetime | None, Meta(description="when it was said, with its zone; absent: the log's timestamp")
    ] = None
    deleted: Annotated[bool, Meta(description="a tombstone: voids what was said up to reported_at")] = False
    correction: Annotated[bool, Meta(description="written by a person: hides the reports of its fields")] = (
        False
    )
    withdrawn: Annotated[bool, Meta(description="voids the corrections stamped up to reported_at")] = False

    @property
    def id(self) -> str:
        """`source:region:date`, e.g. `phac:CA-ON:2021-01-02`."""
        return record_id(self.source, self.region, self.date)


class RecordKey(msgspec.Struct, frozen=True, order=True):
    """What identifies a row: source, region and date."""

    source: str
    region: str
    date: dt.date


def record_id(source: str, region: str, date: dt.date) -> str:
    """The id of a record or row, `source:region:date`."""
    return f"{source}:{region}:{date.isoformat()}"


def parse_id(text: str) -> RecordKey:
    """Parse `source:region:date`. Raises `Refused` (code `bad_id`) with what is wrong."""
    parts = text.split(":")
    if len(parts) != 3:
        raise Refused("bad_id", f"id {text[:80]!r} is not source:region:date, e.g. phac:CA-ON:2021-01-02")
    source, region, day = parts
    if source != MERGED:
        _check_source(source)
    _check_region(region)
    try:
        date = dt.date.fromisoformat(day)
        # ISO 8601 has other forms too, which would make two ids of one record.
        if date.isoformat() != day:
            raise ValueError
    except ValueError:
        raise Refused("bad_id", f"date {day[:40]!r} of the id is not YYYY-MM-DD") from None
    return RecordKey(source, region, date)


_decoder = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


class _Stamp(msgspec.Struct):
    reported_at: Any = None


_stamp_decoder = msgspec.json.Decoder(_Stamp)


def encode(record: Record) -> bytes:
    """The record as JSON, defaults left out."""
    return _encoder.encode(record)


def decode(value: bytes | None, timestamp: dt.datetime) -> Record:
    """Decode and validate one message of `covid.records`.

    `timestamp` (aware, UTC) is the message's log timestamp: it fills an absent `reported_at` and is what
    "in the future" is judged against, so that a replay decides the same. Raises `Refused`.
    """
    if value is None:
        raise Refused(
            "empty", 'a message without a value; to delete a record publish it with "deleted": true'
        )
    try:
        record = decoding.decode(_decoder, value)
    except msgspec.ValidationError as error:
        raise Refused("bad_shape", f"not a record: {error}") from None
    except msgspec.DecodeError as error:
        raise Refused("bad_json", f"not JSON: {error}") from None
    return validate(record, timestamp)


def stamped(value: bytes, timestamp: dt.datetime) -> bytes:
    """A message of `covid.records` as it can be published again without becoming any newer.

    An absent `reported_at` is filled with `timestamp` (aware, UTC), as `decode` does, and all else stays as
    it came: it need not be a valid record. What has its own `reported_at` or is no JSON object is left alone.
    """
    try:
        if decoding.decode(_stamp_decoder, value).reported_at is not None:
            return value
    except msgspec.DecodeError:
        return value
    # Added as text, at the end, where it also counts after a null: what else the object holds may be a number
    # that Python does not read, or a name that stands twice.
    before = value.rstrip().removesuffix(b"}").rstrip()
    comma = b"" if before.endswith(b"{") else b","
    return before + comma + b'"reported_at":' + _encoder.encode(timestamp) + b"}"


def from_object(item: Any, timestamp: dt.datetime) -> Record:
    """A record from parsed JSON (`dict`), validated like `decode`. Raises `Refused`."""
    try:
        record = msgspec.convert(item, Record)
    except msgspec.ValidationError as error:
        raise Refused("bad_shape", f"not a record: {error}") from None
    return validate(record, timestamp)


def validate(record: Record, timestamp: dt.datetime) -> Record:
    """Check what the types cannot say and fill in `reported_at`. Raises `Refused`."""
    _check_source(record.source)
    _check_region(record.region)
    _check_date(record.date)
    _check_counts(record)
    _check_kind(record)
    reported_at = timestamp if record.reported_at is None else record.reported_at
    if reported_at.tzinfo is None:
        raise Refused("bad_reported_at", "reported_at needs a time zone, e.g. 2021-01-02T23:59:59Z")
    try:
        reported_at = reported_at.astimezone(dt.UTC)
    except OverflowError:
        raise Refused("bad_reported_at", f"reported_at {record.reported_at} is out of range") from None
    horizon = timestamp + FUTURE_TOLERANCE
    if reported_at > horizon or record.date > horizon.date():
        raise Refused("future", f"dated more than 24 h after it was received at {timestamp.isoformat()}")
    return msgspec.structs.replace(record, reported_at=reported_at)


def _check_source(source: str) -> None:
    if source == MERGED:
        raise Refused("bad_source", "source 'merged' is computed and cannot be reported or changed")
    if not SLUG.fullmatch(source):
        raise Refused(
            "bad_source", f"source {source[:80]!r} is not a slug of a-z, 0-9 and -, up to 63 characters"
        )


def _check_region(region: str) -> None:
    if not is_known(region):
        raise Refused(
            "unknown_region", f"region {region[:80]!r} is not a known ISO 3166 code such as CA or CA-ON"
        )


def _check_date(date: dt.date) -> None:
    if date < EARLIEST:
        raise Refused("bad_date", f"date {date.isoformat()} is before {EARLIEST.isoformat()}")


def _check_counts(record: Record) -> None:
    for field in FIELDS:
        value = getattr(record, field)
        if value is not None and not 0 <= value <= MAX_COUNT:
            reason = f"{field} is {str(value)[:40]}; counts are integers from 0 to {MAX_COUNT:,}"
            raise Refused("bad_count", reason)
    for field, status in record.status.items():
        if field not in FIELDS:
            raise Refused("bad_status", f"status names {field[:40]!r}, which is none of {', '.join(FIELDS)}")
        if status is not Status.NOT_DUE and getattr(record, field) is not None:
            raise Refused("bad_status", f"{field} has both a number and status {status.value!r}")


def _check_kind(record: Record) -> None:
    says = bool(record.status) or any(getattr(record, field) is not None for field in FIELDS)
    if record.deleted and record.withdrawn:
        raise Refused("bad_kind", "a record cannot be both deleted and withdrawn")
    if (record.deleted or record.withdrawn) and says:
        raise Refused("bad_kind", "a deleted or withdrawn record carries no counts and no status")
    if not (record.deleted or record.withdrawn or says):
        raise Refused("says_nothing", "the record has no count and no status, so it says nothing")
