"""What a person would do with the inbox, one step after the other, and what every store must show then."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import duckdb
import msgspec
import pyarrow as pa
from botocore.exceptions import ClientError

from covid_cli.batch.apigateway.gateway import Answer
from covid_cli.batch.apigateway.system import Inbox
from covid_cli.errors import UserError
from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import EXPECTED_SCHEMA, LOG_SCHEMA, Entry, compute_expected, log_batch
from covid_cli.verify.report import Difference
from covid_cli.verify.stores import Reader, Span
from covid_core.records import FIELDS, Record

SECONDS: Final = 90.0
"""How long a step may take to arrive."""

_PAUSE_SECONDS: Final = 0.3
_BACK: Final = 10
"""The deleted day lies so many days before the last: others depend on it."""

Tell = Callable[[str], None]


class Done(NamedTuple):
    """Rows that every store must hold, the first difference of any, and seconds from the file to the last."""

    rows: int
    different: Difference | None
    seconds: float


def walk(inbox: Inbox, stores: Mapping[str, Reader], records: Sequence[Record], tell: Tell) -> Done:
    """Drop all but the newest record as a file, post that one, read, delete one, and look into every store.

    `records`: corrections of one source and region, two weeks at least. Raises `UserError` where a step is
    not answered as it should be.
    """
    ordered = sorted(records, key=lambda record: record.date)
    newest, gone = ordered[-1], ordered[-1 - _BACK]
    begun = time.monotonic()
    _drop(inbox, ordered[:-1], tell)
    _expect(tell, inbox, 201, "POST", "/records", body=_body(newest))
    _read(inbox, newest, tell)
    _expect(tell, inbox, 200, "DELETE", "/records", id=gone.id)
    _expect(tell, inbox, 404, "GET", "/records", id=gone.id)
    _expect(tell, inbox, 404, "DELETE", "/records", id=gone.id)
    return _compare(stores, [*ordered, _tombstone(gone)], begun)


def sheet(records: Sequence[Record]) -> bytes:
    """Records as a CSV file for the bucket."""
    text = io.StringIO()
    statuses = [f"{field}_status" for field in FIELDS]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *FIELDS, *statuses])
    for record in records:
        counts = [getattr(record, field) for field in FIELDS]
        writer.writerow([record.id, *counts, *(record.status.get(field) for field in FIELDS)])
    return text.getvalue().encode()


def _drop(inbox: Inbox, records: Sequence[Record], tell: Tell) -> None:
    content = sheet(records)
    # A name of its own each time: the report under it is of this run.
    now = dt.datetime.now(dt.UTC)
    key = inbox.drop(f"{records[0].source}-{records[0].region}-{now:%Y%m%dT%H%M%S}.csv".lower(), content)
    tell(f"put s3://{inbox.bucket}/{key}: {len(records):,} lines, {len(content):,} bytes")
    prefix = f"{inbox.settings.reports}{key.removeprefix(inbox.settings.uploads)}."

    def report() -> Any:
        for found in inbox.s3.list_objects_v2(Bucket=inbox.bucket, Prefix=prefix).get("Contents", ()):
            return json.loads(inbox.s3.get_object(Bucket=inbox.bucket, Key=found["Key"])["Body"].read())
        return None

    found = _until(report, f"no report {prefix}….json")
    tell(
        f"s3://{inbox.bucket}/{found['report']}: {found['accepted']:,} accepted, "
        f"{found['refused_lines']:,} refused in {found['seconds']:.1f} s"
    )


def _read(inbox: Inbox, record: Record, tell: Tell) -> None:
    wanted = {"source": record.source, "region": record.region, "from": record.date.isoformat()}

    def row() -> Any:
        rows = inbox.api.request("GET", "/metrics", wanted).body.get("rows")
        # The difference to the day before says that the file's rows are there too.
        return rows if rows and "new_confirmed" in rows[0] else None

    (found,) = _until(row, f"/metrics does not show {record.id}")
    shown = {name: found[name] for name in ("id", "confirmed", "new_confirmed") if name in found}
    tell(f"GET /metrics?{urlencode(wanted)} -> 200 {json.dumps(shown)[:-1]}, …}}")


def _expect(
    tell: Tell, inbox: Inbox, status: int, method: str, path: str, *, body: str = "", **parameters: str
) -> Answer:
    answer = inbox.api.request(method, path, parameters, body)
    query = f"?{urlencode(parameters, safe=':')}" if parameters else ""
    tell(f"{method} {path}{query}{' ' + body if body else ''} -> {answer.status} {json.dumps(answer.body)}")
    if answer.status != status:
        raise UserError(f"{method} {path} answered {answer.status}, not {status}.")
    return answer


def _body(record: Record) -> str:
    said = {field: getattr(record, field) for field in FIELDS if getattr(record, field) is not None}
    status = {"status": {field: str(why) for field, why in record.status.items()}} if record.status else {}
    return json.dumps({"id": record.id, **said, **status})


def _tombstone(record: Record) -> Record:
    return Record(
        source=record.source,
        region=record.region,
        date=record.date,
        deleted=True,
        correction=True,
        reported_at=dt.datetime.now(dt.UTC),
    )


def _until(look: Callable[[], Any], otherwise: str) -> Any:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            found = look()
        except ClientError as error:
            raise UserError(f"{otherwise}: {error}") from error
        if found is not None:
            return found
        time.sleep(_PAUSE_SECONDS)
    raise UserError(f"{otherwise} after {SECONDS:.0f} s.")


def _compare(stores: Mapping[str, Reader], said: Sequence[Record], begun: float) -> Done:
    """Look until every store shows what the oracle computes from what was said, or for `SECONDS`."""
    earliest = dt.datetime.fromtimestamp(0, dt.UTC)
    stamped = [
        record if record.reported_at else msgspec.structs.replace(record, reported_at=earliest)
        for record in said
    ]
    entries = (Entry(0, number, 0, record) for number, record in enumerate(stamped))
    days = [record.date for record in said]
    span = Span(said[0].source, said[0].region, min(days), max(days) + dt.timedelta(days=7))
    deadline = time.monotonic() + SECONDS
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        rows = compute_expected(connection, pa.Table.from_batches([log_batch(entries)], schema=LOG_SCHEMA))
        while True:
            first = _difference(connection, stores, span)
            if first is None or time.monotonic() > deadline:
                return Done(rows, first, time.monotonic() - begun)
            time.sleep(_PAUSE_SECONDS)


def _difference(
    connection: duckdb.DuckDBPyConnection, stores: Mapping[str, Reader], span: Span
) -> Difference | None:
    nothing = EXPECTED_SCHEMA.empty_table()
    for name, reader in stores.items():
        found = reader.read([span], lambda rows: None)
        ours = pa.compute.and_(
            pa.compute.equal(found["source"], span.source), pa.compute.equal(found["region"], span.region)
        )
        different = find_differences(
            connection, name, found.filter(ours), nothing, None, tombstones_expire=name == "dynamodb"
        )
        if different:
            return different[0]
    return None
