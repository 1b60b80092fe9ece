"""What the jobs on relational stores are given: publishers' files, and rows computed from them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from covid_batch.metrics import rows_of
from covid_batch.stores.rows import METRICS
from covid_core.formats import Input, newest, parse, recognise
from covid_core.formats.groups import grouped
from covid_core.logged import Logged
from covid_core.records import Record
from tests.conftest import Servers


@dataclass(frozen=True)
class Given:
    """Publishers' files, and the folder of the rows that a job computed from them."""

    files: Path
    rows: Path


@dataclass(frozen=True)
class File:
    """As `grouped` wants it."""

    path: Path
    kind: Any
    meaning: str | None
    newest: Any
    folder: str


@dataclass(frozen=True)
class Job:
    """`covid batch` on the test's own bucket and database."""

    environ: Mapping[str, str]
    bucket: str
    url: str
    s3: Any = field(repr=False)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "covid_cli", "batch", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env={**os.environ, "COLUMNS": "200", **self.environ},
        )

    def objects(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]


@contextmanager
def job(stack: Servers, variable: str, url: str) -> Iterator[Job]:
    """On a bucket of its own, which goes at the end: SeaweedFS keeps several volumes for each."""
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.s3.endpoint,
        aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret,
        region_name=stack.s3.region,
    )
    bucket = f"test-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=bucket)
    work = Job({**stack.settings, "COVID_S3_BUCKET": bucket, variable: url}, bucket, url, s3)
    try:
        yield work
    finally:
        for key in work.objects():
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)


def given(files: Path, rows: Path) -> Given:
    """Compute the rows as the Spark jobs do, region by region, and write them in two files."""
    records: dict[str, list[Record]] = {}
    for record in _records(files):
        records.setdefault(record.region, []).append(record)
    computed = [
        msgspec.structs.asdict(row)
        for region, some in records.items()
        for row in rows_of(region, (Logged(record, number) for number, record in enumerate(some)))
    ]
    rows.mkdir(parents=True)
    table = pa.Table.from_pylist(computed, schema=METRICS)
    half = table.num_rows // 2
    pq.write_table(table.slice(half), rows / "part-1.parquet")
    pq.write_table(table.slice(0, half), rows / "part-0.parquet")
    (rows / "_SUCCESS").touch()
    return Given(files, rows)


def _records(folder: Path) -> Iterable[Record]:
    for group in grouped([_file(path) for path in sorted(folder.rglob("*.csv"))]):
        with ExitStack() as opened:
            inputs = [Input(file.path.name, opened.enter_context(file.path.open("rb"))) for file in group]
            yield from parse(group[0].kind, inputs, countries=frozenset({"CA"})).records


def _file(path: Path) -> File:
    with path.open("rb") as stream:
        told = recognise(Input(path.name, stream))
    with path.open("rb") as stream:
        last = newest(told.kind, Input(path.name, stream))
    meaning = told.field or (told.date.isoformat() if told.date else None)
    return File(path, told.kind, meaning, last, str(path.parent))
