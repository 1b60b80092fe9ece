"""Redshift by its own protocol, and PostgreSQL, which stands in for it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from covid_batch.redshift import statements
from covid_batch.stores.answers import Result
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.queries import schema
from covid_batch.stores.standin import REDSHIFT, for_postgres
from covid_core import databases

_TYPES: Final = {
    16: pa.bool_(),
    20: pa.int64(),
    25: pa.string(),
    701: pa.float64(),
    1043: pa.string(),
    1082: pa.date32(),
}
"""PostgreSQL's numbers of types; any other column is as Arrow makes it out."""


class Redshift:
    """Amazon Redshift, a cluster or a workgroup. Its methods raise `psycopg.Error`."""

    dialect = REDSHIFT

    def __init__(self, url: str, role: str | None, bucket: Bucket) -> None:
        self._url = "postgresql" + url[url.index("://") :]
        self._role = role
        self._bucket = bucket

    def replace(self, objects: Mapping[str, str]) -> None:
        """Make the tables anew from Parquet objects (table → key), in one transaction."""
        places = {table: self._bucket.url(key) for table, key in objects.items()}
        with self._connect() as connection:
            for statement in statements.replace(places, self._role):
                connection.execute(statement.encode())

    def ask(self, query: str) -> Result:
        """A query's answer."""
        with self._connect() as connection:
            return _fetched(connection.execute(query.encode()))

    def unload(self, query: str, prefix: str) -> None:
        """Write a query's answer as Parquet under a prefix of the bucket, in place of what lies there."""
        with self._connect() as connection:
            connection.execute(statements.unload(query, self._bucket.url(prefix), self._role).encode())

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, connect_timeout=10, **databases.redshift_options(self._url))


class StandIn(Redshift):
    """PostgreSQL: the same queries in its words; the client carries what COPY and UNLOAD carry."""

    def replace(self, objects: Mapping[str, str]) -> None:
        with self._connect() as connection:
            for statement in schema("redshift"):
                connection.execute(for_postgres(statement, REDSHIFT).encode())
            for table, key in objects.items():
                rows = pq.read_table(io.BytesIO(self._bucket.get(key)))
                with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    for batch in rows.to_batches():
                        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                            copy.write_row(row)
                # As Redshift's COPY does of itself: without statistics a join may take seconds.
                connection.execute(f"ANALYZE {table}".encode())

    def ask(self, query: str) -> Result:
        return super().ask(for_postgres(query, REDSHIFT))

    def unload(self, query: str, prefix: str) -> None:
        with self._connect() as connection:
            cursor = connection.execute(for_postgres(query, REDSHIFT).encode())
            types = [_TYPES.get(column.type_code) for column in cursor.description or ()]
            result = _fetched(cursor)
        columns = zip(*result.rows, strict=True) if result.rows else ((),) * len(types)
        arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
        body = io.BytesIO()
        pq.write_table(pa.table(dict(zip(result.columns, arrays, strict=True))), body)
        stale = self._bucket.keys(prefix)
        self._bucket.put(f"{prefix}000.parquet", body.getvalue())
        for key in set(stale) - {f"{prefix}000.parquet"}:
            self._bucket.delete(key)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, connect_timeout=5)


def warehouse(url: str, role: str | None, bucket: Bucket) -> Redshift:
    """Redshift, or its stand-in, by the scheme of the URL."""
    kind = Redshift if urlsplit(url).scheme in databases.REDSHIFT else StandIn
    return kind(url, role, bucket)


def _fetched(cursor: psycopg.Cursor[Any]) -> Result:
    return Result([column.name for column in cursor.description or ()], cursor.fetchall())
