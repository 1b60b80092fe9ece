"""The function behind the bucket: a CSV file of corrections (`covid_core.inbox_sheet`) into `covid_inbox`."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

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

_CHUNK: Final = 25
"""Most items in one BatchWriteItem (a limit of DynamoDB)."""
_THREADS: Final = 4
_ATTEMPTS: Final = 8
_PAUSE_SECONDS: Final = 0.05
_ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class Overloaded(RuntimeError):
    """DynamoDB took only a part of the items for too long. To repeat the whole file is harmless."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refused line. Without a line: the whole file."""

    code: str
    reason: str
    line: int | None = None
    column: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. `refused` names the first `NAMED` of `refused_lines`."""

    object: str
    version: str
    table: str
    accepted: int
    refused_lines: int
    refused: Sequence[Line]
    seconds: float
    report: str


class Uploads:
    """Writes the items of uploaded files, and beside each file a report."""

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
        contents = [(upload, self._read(upload)) for upload in told]
        return [self._load(upload, content) for upload, content in contents]

    def _read(self, upload: Upload) -> bytes | None:
        """The object's content; None where it is too large to be a file of corrections."""
        wanted: Any = {"VersionId": upload.version_id} if upload.version_id else {}
        try:
            found = self._s3.get_object(Bucket=upload.bucket, Key=upload.key, **wanted)
        except ClientError as error:
            if error.response["Error"].get("Code") in _ABSENT:
                raise BadEvent(f"{upload.uri} is not there: it was deleted, or never was") from None
            raise
        with found["Body"] as body:
            return None if found["ContentLength"] > MAX_BYTES else body.read()

    def _load(self, upload: Upload, content: bytes | None) -> Report:
        begun = time.monotonic()
        try:
            if content is None:
                raise FormatError("too_large", f"over {MAX_BYTES:,} bytes; split the file", file=upload.key)
            records, refusals = inbox_sheet.parse(Input(upload.key, BytesIO(content)), self._now())
        except FormatError as error:
            return self._report(
                upload, begun, 0, 1, [Line(error.code, error.reason, error.line, error.column)]
            )
        self._write(records, upload.uri)
        named = [_line(refusal) for refusal in refusals[:NAMED]]
        return self._report(upload, begun, len(records), len(refusals), named)

    def _write(self, records: Sequence[Record], actor: str) -> None:
        requests = [{"PutRequest": {"Item": inbox.item_of(record, actor)}} for record in records]
        chunks = [requests[start : start + _CHUNK] for start in range(0, len(requests), _CHUNK)]
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(self._put, chunks):
                pass

    def _put(self, requests: Any) -> None:
        left = {self._settings.table: requests}
        for pause in _pauses():
            left = self._dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
            if not left:
                return
            time.sleep(pause)
        raise Overloaded(f"{self._settings.table} took only a part of the items; try again later")

    def _report(
        self, upload: Upload, begun: float, accepted: int, refused: int, lines: Sequence[Line]
    ) -> Report:
        name = upload.key.removeprefix(self._settings.uploads)
        report = Report(
            object=upload.uri,
            version=upload.version,
            table=self._settings.table,
            accepted=accepted,
            refused_lines=refused,
            refused=lines,
            seconds=round(time.monotonic() - begun, 3),
            # Named by the version, so that a repeated event replaces the report and another file does not.
            report=f"{self._settings.reports}{name}.{upload.version}.json",
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
