"""Counts the rows in each store by the store's own cheapest means, while they arrive."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from psycopg import sql

from covid_core.environment import load
from covid_core.settings import DynamoSettings, IcebergSettings, RdsSettings, RedshiftSettings, S3Settings

_SECONDS = 2.0
_EAGER_SECONDS = 0.5
"""Until there is a first row, since when it came is told."""
_CLIENT = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 0})


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _client(service: str, settings: DynamoSettings | S3Settings) -> Any:
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
        config=_CLIENT,
    )


def counters(environment: Mapping[str, str]) -> dict[str, Callable[[], int]]:
    """A function a store, by the name of its sink. Each raises while the store holds no table yet."""
    dynamo = load(DynamoSettings, environment, _read)
    client = _client("dynamodb", dynamo)
    rds = load(RdsSettings, environment, _read)
    redshift = load(RedshiftSettings, environment, _read)
    lake = _Lake(load(IcebergSettings, environment, _read), load(S3Settings, environment, _read))
    return {
        # DynamoDB Local keeps this figure current; AWS refreshes it every six hours.
        "dynamodb": lambda: int(client.describe_table(TableName=dynamo.table)["Table"]["ItemCount"]),
        "s3": lake.rows,
        "rds": lambda: _rows(rds.url or "", rds.table),
        "redshift": lambda: _rows(redshift.url or "", redshift.table),
    }


def _rows(url: str, table: str) -> int:
    with psycopg.connect(url, connect_timeout=2) as connection:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


class _Lake:
    """Reads the count that Iceberg keeps in the summary of the current snapshot.

    Straight from the table's metadata file: pyiceberg would bring pyarrow, and this process stays in memory
    for as long as the stack runs.
    """

    _WHERE = (
        "SELECT metadata_location FROM iceberg_tables WHERE table_namespace = %s AND table_name = 'metrics'"
    )

    def __init__(self, iceberg: IcebergSettings, s3: S3Settings) -> None:
        self._catalog = (iceberg.uri or "").replace("+psycopg", "")
        self._namespace = iceberg.namespace
        self._client = _client("s3", s3)

    def rows(self) -> int:
        with psycopg.connect(self._catalog, connect_timeout=2) as connection:
            found = connection.execute(self._WHERE, (self._namespace,)).fetchone()
        if found is None:
            return 0
        place = urlsplit(found[0])
        answer = self._client.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        metadata = json.loads(answer["Body"].read())
        current = metadata.get("current-snapshot-id")
        for snapshot in metadata.get("snapshots", ()):
            if snapshot["snapshot-id"] == current:
                return int(snapshot["summary"].get("total-records", 0))
        return 0


class Arrivals:
    """Counts every two seconds, more often before the first row, in a thread of its own, until stopped."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._counters = counters(environment)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)
        self.rows: dict[str, int] = dict.fromkeys(self._counters, 0)
        self.first: dict[str, float] = {}
        """When each store was first seen with a row, in `time.monotonic`."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Count once more, so that the last figures are right, and end."""
        self._stopped.set()
        self._thread.join()
        self._count()

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS if self.first else _EAGER_SECONDS):
            self._count()

    def _count(self) -> None:
        for name, count in self._counters.items():
            try:
                self.rows[name] = count()
            except (psycopg.Error, BotoCoreError, ClientError, KeyError, ValueError):
                continue  # the sink has not made its table yet, or the store is being restarted
            if self.rows[name]:
                self.first.setdefault(name, time.monotonic())
