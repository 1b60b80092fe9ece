"""PostgreSQL 15 or newer: COPY into a temporary table, then INSERT … ON CONFLICT.

`ON CONFLICT` instead of `MERGE`: two writers that insert the same new key at once both succeed, where MERGE
ends in a unique violation (PostgreSQL's documentation of MERGE says so and recommends the former).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from msgspec.structs import astuple

from covid_core.rows import COLUMNS, KEY, NAMES, Column, ColumnType, Row
from covid_sinks.sql import schema
from covid_sinks.sql.dialect import Trouble

TYPES: Final = {
    ColumnType.STRING: "text",
    ColumnType.DATE: "date",
    ColumnType.INT64: "bigint",
    ColumnType.FLOAT64: "double precision",
    ColumnType.BOOL: "boolean",
}
_COLUMN_TYPES: Final = tuple(TYPES[column.type] for column in COLUMNS)
_KEY: Final = ", ".join(KEY)
_NAMES: Final = ", ".join(NAMES)
STAGING: Final = "covid_staging"
KEEPALIVE: Final[Mapping[str, Any]] = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that vanished without a word is noticed in about 20 s, not in hours."""
SESSION: Final = {"lock_timeout": 30_000, "idle_in_transaction_session_timeout": 60_000}
"""In milliseconds. A writer that vanished so leaves a transaction, which may hold the table: the server ends
it, and who waits for the lock says so."""
_ENDED: Final = "25P03"
"""The server ended a transaction in which nothing came (idle_in_transaction_session_timeout)."""


class Postgres:
    """PostgreSQL as the relational store."""

    name = "postgresql"

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self._table = schema.identifier(table)

    def connect(self) -> Any:
        # By statements and not by `options`, which poolers and RDS Proxy refuse.
        connection = psycopg.connect(
            self._url, connect_timeout=5, application_name="covid-sinks", autocommit=True, **KEEPALIVE
        )
        for setting, milliseconds in SESSION.items():
            connection.execute(f"SET {setting} = {milliseconds}")
        connection.autocommit = False
        return connection

    def trouble(self, error: Exception) -> Trouble | None:
        return postgres_trouble(error)

    def lock_schema(self) -> str | None:
        return f"SELECT pg_advisory_xact_lock(hashtext('covid:{self._table}'))"

    def columns_of(self, table: str) -> str:
        return (
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = current_schema() AND table_name = '{table}'"
        )

    def create_table(self) -> str:
        return f"CREATE TABLE IF NOT EXISTS {self._table} ({schema.columns(TYPES)}, PRIMARY KEY ({_KEY}))"

    def add_column(self, column: Column) -> str:
        return f"ALTER TABLE {self._table} ADD COLUMN IF NOT EXISTS {schema.column(column, TYPES)}"

    def drop_view(self) -> str:
        return f"DROP VIEW IF EXISTS {schema.live_view(self._table)}"

    def create_view(self) -> str:
        view = schema.live_view(self._table)
        return f"CREATE VIEW {view} AS SELECT {_NAMES} FROM {self._table} WHERE NOT coalesce(deleted, false)"

    def stage(self, connection: Any, rows: Sequence[Row]) -> None:
        cursor = connection.cursor()
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {STAGING} ({schema.columns(TYPES)}) ON COMMIT DELETE ROWS"
        )
        copy_rows(cursor, STAGING, rows)

    def apply(self, connection: Any, *, repair: bool) -> int:
        cursor = connection.cursor()
        cursor.execute(self.upsert(repair=repair))
        return int(cursor.rowcount)

    def upsert(self, *, repair: bool) -> str:
        """Rows go in by the order of their keys, so that two writers never wait in a ring."""
        table = self._table
        sets = ", ".join(f"{name} = excluded.{name}" for name in schema.REST)
        compare = ">=" if repair else ">"
        return (
            f"INSERT INTO {table} ({_NAMES}) SELECT {_NAMES} FROM {STAGING} ORDER BY {_KEY} "
            f"ON CONFLICT ({_KEY}) DO UPDATE SET {sets} "
            f"WHERE (excluded.generation, excluded.revision) {compare} ({table}.generation, {table}.revision)"
        )

    def drop_before(self) -> str:
        return f"DELETE FROM {self._table} WHERE generation < %s"


def copy_rows(cursor: Any, table: str, rows: Sequence[Row]) -> None:
    """COPY rows FROM STDIN, in binary: as text, numbers take seven times as long on this side alone.

    Raises `OverflowError` for an integer that no `bigint` holds.
    """
    with cursor.copy(f"COPY {table} ({_NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_COLUMN_TYPES)
        for row in rows:
            copy.write_row(astuple(row))


def postgres_trouble(error: Exception) -> Trouble | None:
    """By SQLSTATE: 22, 23 and 54 are about the data; what else an `OperationalError` is passes with time."""
    if isinstance(error, OverflowError):  # before the row was sent
        return Trouble.DATA
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    if isinstance(error, psycopg.DataError) or state[:2] in {"22", "23", "54"}:
        return Trouble.DATA
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or state in {"XX000", _ENDED}:
        return Trouble.TRANSIENT
    return Trouble.BUG
