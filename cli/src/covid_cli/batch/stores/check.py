"""Answers of a store against DuckDB's, which asks the same of the objects that the store was loaded from."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import sqlglot

from covid_cli.provision import s3_client
from covid_cli.verify.compare import RELATIVE
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_core.settings import S3Settings

Rows = Sequence[Sequence[Any]]


class Tables(Protocol):
    """Where what a store was loaded from is read."""

    def table(self, place: str, /) -> pa.Table:
        """A whole table by its place."""


class Objects:
    """Reads objects of S3 by their address."""

    def __init__(self, settings: S3Settings) -> None:
        self._client = s3_client(settings)

    def table(self, url: str) -> pa.Table:
        """A Parquet or CSV object. Raises botocore's `ClientError` where there is none."""
        parts = urlsplit(url)
        answer = self._client.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
        body = io.BytesIO(answer["Body"].read())
        if url.endswith(".parquet"):
            return pq.read_table(body)
        types = {field.name: field.type for field in EXPECTED_SCHEMA}
        # 1 and 0, as in T-SQL, which has no booleans.
        types["deleted"] = pa.int64()
        # Only what is empty is absent: NA is Namibia.
        options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""])
        return pyarrow.csv.read_csv(body, convert_options=options)


@contextmanager
def reference(
    objects: Tables, places: Mapping[str, str], views: Sequence[str], dialect: str
) -> Iterator[Any]:
    """A DuckDB that holds the tables (name → address) and the views of a store, whose dialect is given."""
    with duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        for name, url in places.items():
            connection.from_arrow(objects.table(url)).create(name)
        for view in views:
            connection.execute(_duckdb(view, dialect))
        yield connection


def expected(connection: Any, query: str, dialect: str) -> tuple[list[str], Rows]:
    """What DuckDB answers to a store's query: columns and rows."""
    cursor = connection.execute(_duckdb(query, dialect))
    return [column[0] for column in cursor.description], cursor.fetchall()


def first_difference(
    columns: Sequence[str], wanted: Rows, found_columns: Sequence[str], found: Rows
) -> str | None:
    """Where an answer first says something else than wanted; None where it does not.

    Numbers are compared to 1e-9 relative; a time at midnight is a date; cells read from CSV are texts.
    """
    if list(columns) != list(found_columns):
        return f"columns {', '.join(found_columns)} instead of {', '.join(columns)}"
    for number, (left, right) in enumerate(zip(wanted, found, strict=False), start=1):
        for column, want, have in zip(columns, left, right, strict=True):
            if not _same(want, have):
                return f"row {number}, {column}: expected {_said(want)}, found {_said(have)}"
    return None if len(wanted) == len(found) else f"{len(found):,} rows instead of {len(wanted):,}"


def _duckdb(statement: str, dialect: str) -> str:
    return sqlglot.transpile(statement, read=dialect, write="duckdb")[0]


def _same(want: Any, have: Any) -> bool:
    if want is None or have is None or have == "":
        return want is None and have in (None, "")
    if isinstance(want, int | float | Decimal):
        return _close(float(want), float(have))
    return bool(_day(want) == _day(have))


def _close(want: float, have: float) -> bool:
    return math.isclose(want, have, rel_tol=RELATIVE, abs_tol=RELATIVE)


def _day(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else value


def _said(value: Any) -> str:
    return "null" if value in (None, "") else str(value)
