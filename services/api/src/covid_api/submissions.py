"""What is posted: a record or a list of records, each made a correction and validated, all or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from covid_api.problems import Problem
from covid_core import decoding, records
from covid_core.records import Record, RecordKey, Refused

MAX_RECORDS: Final = 1000
"""Most records in one request."""

_decoder: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()
_KNOWN: Final = frozenset(Record.__struct_fields__)


class Submission(NamedTuple):
    """Validated corrections, and whether they came as a list."""

    records: list[Record]
    listed: bool


def parse(body: bytes, now: dt.datetime) -> Submission:
    """The corrections in a request's body. Raises 400 for what is not JSON, 422 naming every invalid item."""
    try:
        content = decoding.decode(_decoder, body)
    except msgspec.DecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}", code="bad-json") from None
    listed = isinstance(content, list)
    given = content if listed else [content]
    if not 0 < len(given) <= MAX_RECORDS:
        detail = f"A list of 1 to {MAX_RECORDS} records is due; this one has {len(given)}."
        raise Problem(422, detail, code="bad-length")
    parsed: list[Record] = []
    errors = []
    for index, item in enumerate(given):
        try:
            parsed.append(_correction(item, now))
        except Refused as refused:
            pointer = f"#/{index}" if listed else "#"
            errors.append(
                {"index": index, "pointer": pointer, "code": refused.code, "detail": refused.reason}
            )
    if errors:
        first = errors[0]["detail"]
        detail = f"{len(errors)} of {len(given)} records are invalid, nothing was written: {first}"
        raise Problem(422, detail, code="invalid-record", errors=errors)
    return Submission(parsed, listed)


def tombstone(key: RecordKey, now: dt.datetime) -> Record:
    """The correction that deletes a row. Raises `Refused`."""
    return _checked(Record(**_key(key), deleted=True, correction=True), now)


def withdrawal(key: RecordKey, now: dt.datetime) -> Record:
    """The record that undoes the corrections and deletions of a row. Raises `Refused`."""
    return _checked(Record(**_key(key), withdrawn=True, correction=True), now)


def _correction(item: Any, now: dt.datetime) -> Record:
    if not isinstance(item, Mapping):
        raise Refused("bad_shape", f"not a record: an object is due, got {type(item).__name__}")
    # A misspelt field would be a correction that silently says nothing.
    unknown = [str(name)[:40] for name in item if name not in _KNOWN]
    if unknown:
        raise Refused("unknown_field", f"no such field: {', '.join(sorted(unknown))}")
    record = records.from_object({**item, "correction": True}, now)
    return record if item.get("reported_at") is not None else _unstamped(record)


def _checked(record: Record, now: dt.datetime) -> Record:
    return _unstamped(records.validate(record, now))


def _unstamped(record: Record) -> Record:
    """Without `reported_at`: the log's own timestamp is the one clock that orders what people write."""
    return msgspec.structs.replace(record, reported_at=None)


def _key(key: RecordKey) -> dict[str, Any]:
    return msgspec.structs.asdict(key)
