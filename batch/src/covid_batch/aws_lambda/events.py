"""The events that functions are invoked with: checked as a whole before anything is done.

Shapes: AWS Lambda Developer Guide, "Process Amazon S3 event notifications with Lambda" and "Process DynamoDB
records with Lambda".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar
from urllib.parse import unquote_plus

import msgspec


class BadEvent(ValueError):
    """An event that is not for this function, or of another shape. The text says what is due."""


class Upload(NamedTuple):
    """A new object of a bucket, made at `at` (aware).

    `version` is the object's version or, without versions, its ETag.
    """

    bucket: str
    key: str
    version_id: str | None
    version: str
    at: dt.datetime

    @property
    def uri(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


class Change(NamedTuple):
    """A change of an item of a table; an image is None where there was or is no item."""

    event_id: str
    sequence: str
    key: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


class _Bucket(msgspec.Struct):
    name: str


class _Object(msgspec.Struct, rename="camel"):
    key: str
    version_id: str | None = None
    e_tag: str | None = None


class _Entity(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Notification(msgspec.Struct, rename="camel"):
    event_source: Literal["aws:s3"]
    event_name: str
    event_time: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    s3: _Entity


class _Notifications(msgspec.Struct):
    Records: list[_Notification]


_Image = dict[str, dict[str, Any]]


class _Data(msgspec.Struct, rename="pascal"):
    keys: _Image
    sequence_number: str
    new_image: _Image | None = None
    old_image: _Image | None = None


class _StreamRecord(msgspec.Struct):
    eventID: str
    eventName: Literal["INSERT", "MODIFY", "REMOVE"]
    eventSource: Literal["aws:dynamodb"]
    eventSourceARN: str
    dynamodb: _Data


class _StreamRecords(msgspec.Struct):
    Records: list[_StreamRecord]


_CREATED: Final = ("ObjectCreated:", "s3:ObjectCreated:")
_SUFFIX: Final = ".csv"

S = TypeVar("S")


def uploads(event: Any, bucket: str, prefix: str) -> Sequence[Upload]:
    """The CSV files that an S3 notification tells of. Raises `BadEvent` where any is another's."""
    notifications = _convert(event, _Notifications, "an S3 notification").Records
    if not notifications:
        raise BadEvent("an S3 notification without records")
    return [_upload(each, bucket, prefix) for each in notifications]


def table_changes(event: Any, table: str, key: str) -> Sequence[Change]:
    """The changes in a batch of a table's stream, in order. Raises `BadEvent`.

    The stream's view must be NEW_AND_OLD_IMAGES; `key` is the table's only key, a string.
    """
    return [
        _change(record, table, key)
        for record in _convert(event, _StreamRecords, "a batch of a DynamoDB stream").Records
    ]


def _convert(event: Any, kind: type[S], what: str) -> S:
    try:
        return msgspec.convert(event, kind)
    except msgspec.ValidationError as error:
        raise BadEvent(f"the event is not {what}: {error}") from None


def _upload(notification: _Notification, bucket: str, prefix: str) -> Upload:
    found = notification.s3
    # S3 encodes keys as forms do.
    key, stored = unquote_plus(found.object.key), found.object
    version = stored.version_id or (stored.e_tag or "").strip('"')
    upload = Upload(found.bucket.name, key, stored.version_id, version, notification.event_time)
    if not notification.event_name.startswith(_CREATED):
        raise BadEvent(f"{upload.uri}: {notification.event_name} is no creation of an object")
    if upload.bucket != bucket:
        raise BadEvent(f"{upload.uri} is of another bucket than {bucket}")
    if not (key.startswith(prefix) and key.endswith(_SUFFIX)):
        raise BadEvent(f"{upload.uri} is not {prefix}….csv, the only objects that are read")
    return upload


def _change(record: _StreamRecord, table: str, key: str) -> Change:
    data = record.dynamodb
    if record.eventSourceARN.partition(":table/")[2].partition("/")[0] != table:
        raise BadEvent(f"{record.eventSourceARN} is not the stream of {table}")
    text = data.keys.get(key, {}).get("S")
    if not isinstance(text, str):
        raise BadEvent(f"the item's key is not {key}, a string")
    new, old = data.new_image, data.old_image
    if (new is None) != (record.eventName == "REMOVE") or (old is None) != (record.eventName == "INSERT"):
        raise BadEvent(f"{record.eventName} without its images: the stream's view must be NEW_AND_OLD_IMAGES")
    return Change(record.eventID, data.sequence_number, text, old, new)
