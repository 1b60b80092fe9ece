"""The DynamoDB table `covid_inbox`: what people say about a key now, one item an id.

An item is a correction: its id is `source:region:date`, its counts are numbers, `status` is a map of fields
to statuses. A field that an item no longer has is withdrawn; an item that is removed deletes its row.
Items are in DynamoDB's own JSON (`{"confirmed": {"N": "5"}}`), as its API and its streams have them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import structs

from covid_core.records import FIELDS, Record, RecordKey, Refused, from_object, parse_id, validate

KEY: Final = "id"
"""The partition key of the table."""

STATUS: Final = "status"
ACTOR: Final = "actor"
"""Who wrote the item: the caller of the API, or the uploaded object."""
REQUEST_ID: Final = "request_id"
"""Of the API's request that wrote the item."""
SAID_AT: Final = "said_at"
"""When it was said, in milliseconds since 1970 (UTC): when the API was asked, or the object was uploaded.

By it an upload that is loaded late leaves alone what was said after it.
"""

_KNOWN: Final = frozenset({KEY, *FIELDS, STATUS, ACTOR, REQUEST_ID, SAID_AT})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Item = Mapping[str, Mapping[str, Any]]


def item_of(record: Record, actor: str, said_at: dt.datetime) -> dict[str, dict[str, Any]]:
    """The item that says what a record says. `said_at`: aware."""
    item: dict[str, dict[str, Any]] = {
        KEY: {"S": record.id},
        ACTOR: {"S": actor},
        SAID_AT: {"N": str((said_at - _EPOCH) // dt.timedelta(milliseconds=1))},
    }
    for field in FIELDS:
        value = getattr(record, field)
        if value is not None:
            item[field] = {"N": str(value)}
    if record.status:
        item[STATUS] = {"M": {field: {"S": str(status)} for field, status in record.status.items()}}
    return item


def correction(item: Item, now: dt.datetime) -> Record:
    """What an item says, as a correction that the log will stamp. `now` (aware, UTC) judges the future.

    Raises `Refused`.
    """
    unknown = sorted(set(item) - _KNOWN)
    if unknown:
        raise Refused("unknown_field", f"no such field: {', '.join(name[:40] for name in unknown)}")
    key = parse_id(_text(item.get(KEY, {}), KEY))
    said: dict[str, Any] = {field: _number(item[field], field) for field in FIELDS if field in item}
    if STATUS in item:
        said[STATUS] = {field: _text(value, STATUS) for field, value in _map(item[STATUS]).items()}
    identity = {"source": key.source, "region": key.region, "date": key.date.isoformat()}
    given = {**identity, **said, "correction": True}
    return _unstamped(from_object(given, now))


def changes(old: Item | None, new: Item | None, now: dt.datetime) -> Sequence[Record]:
    """The records that carry a change of an item into the log, each to be stamped later than the one before.

    What was said before and is no longer is withdrawn first, since an absent count changes nothing. An item
    that is removed deletes its row, whatever it said last; one whose key the log does not take leaves no
    trace. Raises `Refused` where `new` is not valid.
    """
    if new is None:
        return [] if old is None else _deletion(old, now)
    after = correction(new, now)
    if old is not None and _said(old, now) - _fields(after):
        return [_bare(after, now, withdrawn=True), after]
    return [after]


def _deletion(item: Item, now: dt.datetime) -> Sequence[Record]:
    try:
        return [_bare(parse_id(_text(item.get(KEY, {}), KEY)), now, deleted=True)]
    except Refused:
        # Under such a key nothing was ever published.
        return []


def _said(item: Item, now: dt.datetime) -> set[str]:
    """The fields of which the log may hold what an item said."""
    try:
        return _fields(correction(item, now))
    except Refused:
        # It went to the dead letters, and what stood before it, perhaps every field, was not withdrawn.
        return set(FIELDS)


def _bare(
    of: Record | RecordKey, now: dt.datetime, *, deleted: bool = False, withdrawn: bool = False
) -> Record:
    """Raises `Refused` for a key that the log does not take."""
    key = {name: getattr(of, name) for name in ("source", "region", "date")}
    bare = Record(**key, deleted=deleted, withdrawn=withdrawn, correction=True)
    return _unstamped(validate(bare, now))


def _unstamped(record: Record) -> Record:
    """Without `reported_at`: the log's own timestamp is the one clock that orders what people write."""
    return structs.replace(record, reported_at=None)


def _fields(record: Record) -> set[str]:
    return {field for field in FIELDS if getattr(record, field) is not None} | set(record.status)


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get("S")
    if not isinstance(text, str):
        raise Refused("bad_shape", f"{name} is not a string")
    return text


def _map(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("M")
    if not isinstance(found, Mapping):
        raise Refused("bad_shape", "status is not a map of fields to statuses")
    return found


def _number(value: Mapping[str, Any], field: str) -> int:
    # DynamoDB writes large round numbers with an exponent.
    try:
        number = Decimal(value["N"])
        whole = int(number)
    except (KeyError, TypeError, InvalidOperation, ValueError, OverflowError):
        raise Refused("bad_count", f"{field} is not a number") from None
    if whole != number:
        raise Refused("bad_count", f"{field} is {str(number)[:40]}; counts are whole numbers")
    return whole
