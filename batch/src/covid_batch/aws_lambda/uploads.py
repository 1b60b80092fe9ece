"""The function behind the bucket: a CSV file of corrections (`covid_core.inbox_sheet`) into `covid_inbox`."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from covid_batch.aws_lambda import clients, events
from covid_batch.aws_lambda.events import BadEvent, Upload
from covid_core import inbox, inbox_sheet
from covid_core.formats.model import FormatError, Input, Refusal
from covid_core.formats.sheet import MAX_BYTES
from covid_core.records import Record
from covid_core.settings import DynamoSettings, InboxSettings, S3Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

NAMED: Final = 1_000
"""Most refused lines that a report names; all are counted."""

_CHUNK: Final = 100
"""Most items in one transaction (a limit of DynamoDB)."""
_OLDER: Final = f"attribute_not_exists({inbox.SAID_AT}) OR {inbox.SAID_AT} <= :at"
_NEWER_STANDS: Final = "ConditionalCheckFailed"
_PASSING: Final = frozenset(
    {"None", "TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
)
"""Of an item in a transaction that was cancelled: another attempt may succeed."""
_THREADS: Final = 4
_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.05
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class Overloaded(RuntimeError):
    """DynamoDB would not take some items for too long. There is no report yet, so that a repeated event
    loads the whole file again, unless the object has been replaced since."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refused line. Without a line: the whole file."""

    code: str
    reason: str
    line: int | None = None
    column: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. `refused` names the first `NAMED` of `refused_lines`.

    Of the `accepted` lines those that are `outdated` were not written: under their ids stands what was said
    after the upload.
    `uploaded` is when the object was made; None where it had been replaced before it could be loaded.
    """

    object: str
    version: str
    table: str
    accepted: int
    refused_lines: int
    refused: Sequence[Line]
    seconds: float
    report: str
    uploaded: dt.datetime | None = None
    outdated: int = 0


class _Newest(NamedTuple):
    """The version that stands under an object's key, and since when."""

    version: str
    uploaded: dt.datetime


class Uploads:
    """Writes the items of uploaded files, and beside each file a report.

    S3 tells of an upload at least once, in any order and perhaps minutes late. So an upload that has its
    report is left alone, as is one that has been replaced: else its numbers would be the newest again. For
    the same reason an item is written only where nothing stands that was said after the upload.
    """

    def __init__(
        self,
        s3: S3Client,
        dynamodb: DynamoDBClient,
        bucket: str,
        settings: InboxSettings,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._settings = settings
        self._now = now

    def handle(self, event: Any) -> Sequence[Report]:
        """Load every file that a notification tells of. Raises `BadEvent`, `Overloaded` and `ClientError`.

        All objects are looked at before anything is written.
        """
        told = events.uploads(event, self._bucket, self._settings.uploads)
        seen = [(upload, self._look(upload)) for upload in told]
        return [found if isinstance(found, Report) else self._load(upload, found) for upload, found in seen]

    def _look(self, upload: Upload) -> Report | _Newest:
        """What stands under the key, or the report of an upload that was dealt with before."""
        newest, done = self._newest(upload), self._done(upload)
        if newest is None:
            if done is None:
                raise BadEvent(f"{upload.uri} is not there: it was deleted, or never was")
            return done
        # Without versions an upload of the same bytes as an earlier one has that one's report.
        again = newest.version == upload.version and done is not None and done.uploaded != newest.uploaded
        return newest if done is None or again else done

    def _newest(self, upload: Upload) -> _Newest | None:
        try:
            found = self._s3.head_object(Bucket=upload.bucket, Key=upload.key)
        except ClientError as error:
            if error.response["Error"].get("Code") in _ABSENT:
                return None
            raise
        version = found.get("VersionId", "") if upload.version_id else found["ETag"].strip('"')
        return _Newest(version, found["LastModified"])

    def _done(self, upload: Upload) -> Report | None:
        try:
            found = self._s3.get_object(Bucket=upload.bucket, Key=self._name(upload))
        except ClientError as error:
            if error.response["Error"].get("Code") in _ABSENT:
                return None
            raise
        with found["Body"] as body:
            return msgspec.json.decode(body.read(), type=Report)

    def _read(self, upload: Upload) -> bytes | None:
        """The object's content; None where it is too large to be a file of corrections."""
        wanted: Any = {"VersionId": upload.version_id} if upload.version_id else {}
        found = self._s3.get_object(Bucket=upload.bucket, Key=upload.key, **wanted)
        with found["Body"] as body:
            return None if found["ContentLength"] > MAX_BYTES else body.read()

    def _load(self, upload: Upload, newest: _Newest) -> Report:
        begun = time.monotonic()
        if newest.version != upload.version:
            reason = "the object has been replaced since; see the report of its newest version"
            return self._report(upload, None, begun, [Line("superseded", reason)])
        try:
            content = self._read(upload)
            if content is None:
                raise FormatError("too_large", f"over {MAX_BYTES:,} bytes; split the file", file=upload.key)
            records, refusals = inbox_sheet.parse(Input(upload.key, BytesIO(content)), self._now())
        except FormatError as error:
            line = Line(error.code, error.reason, error.line, error.column)
            return self._report(upload, newest.uploaded, begun, [line])
        written = self._write(records, upload)
        named = [_line(refusal) for refusal in refusals[:NAMED]]
        return self._report(
            upload,
            newest.uploaded,
            begun,
            named,
            accepted=len(records),
            refused=len(refusals),
            outdated=len(records) - written,
        )

    def _write(self, records: Sequence[Record], upload: Upload) -> int:
        """How many were written. Of the others something newer stands."""

        def put(start: int) -> int:
            # Made by the thread that sends it, so that no more than a request a thread is held: as DynamoDB's
            # JSON a record takes several times its memory, and `map` takes in all that it is given.
            return self._put(
                [self._conditional(record, upload) for record in records[start : start + _CHUNK]]
            )

        with ThreadPoolExecutor(_THREADS) as pool:
            return sum(pool.map(put, range(0, len(records), _CHUNK)))

    def _conditional(self, record: Record, upload: Upload) -> Any:
        item = inbox.item_of(record, upload.uri, upload.at)
        put = {
            "TableName": self._settings.table,
            "Item": item,
            "ConditionExpression": _OLDER,
            "ExpressionAttributeValues": {":at": item[inbox.SAID_AT]},
        }
        return {"Put": put}

    def _put(self, puts: Sequence[Any]) -> int:
        left = puts
        for pause in _pauses():
            try:
                self._dynamodb.transact_write_items(TransactItems=left)
                return len(left)
            except ClientError as error:
                codes = _reasons(error)
            fresh = [put for put, code in zip(left, codes, strict=True) if code != _NEWER_STANDS]
            if not fresh:
                return 0
            if len(fresh) == len(left):
                time.sleep(pause)
            left = fresh
        raise Overloaded(f"{self._settings.table} took only a part of the items; try again later")

    def _name(self, upload: Upload) -> str:
        """The report's key. Named by the version, so that another file does not replace it."""
        name = upload.key.removeprefix(self._settings.uploads)
        return f"{self._settings.reports}{name}.{upload.version}.json"

    def _report(
        self,
        upload: Upload,
        uploaded: dt.datetime | None,
        begun: float,
        lines: Sequence[Line],
        *,
        accepted: int = 0,
        refused: int = 1,
        outdated: int = 0,
    ) -> Report:
        report = Report(
            object=upload.uri,
            version=upload.version,
            table=self._settings.table,
            accepted=accepted,
            refused_lines=refused,
            refused=lines,
            seconds=round(time.monotonic() - begun, 3),
            report=self._name(upload),
            uploaded=uploaded,
            outdated=outdated,
        )
        self._s3.put_object(
            Bucket=upload.bucket,
            Key=report.report,
            Body=msgspec.json.format(msgspec.json.encode(report)),
            ContentType="application/json",
        )
        return report


def _pauses() -> Iterator[float]:
    return (_PAUSE_SECONDS * 2**attempt for attempt in range(_ATTEMPTS))


def _reasons(error: ClientError) -> Sequence[str]:
    """Why a transaction was cancelled, an item each. Raises what is not to be tried again."""
    codes = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", ())]
    if not codes or set(codes) - _PASSING - {_NEWER_STANDS}:
        raise error
    return codes


def _line(refusal: Refusal) -> Line:
    return Line(refusal.code, refusal.reason, refusal.line, refusal.column)


@functools.cache
def _uploads() -> Uploads:
    s3 = clients.settings(S3Settings)
    return Uploads(
        clients.s3(s3),
        clients.dynamodb(clients.settings(DynamoSettings)),
        s3.bucket,
        clients.settings(InboxSettings),
        lambda: dt.datetime.now(dt.UTC),
    )


def handler(event: Any, context: object) -> Any:
    """The entry point: an S3 notification in, a report a file out."""
    return msgspec.to_builtins(_uploads().handle(event))
