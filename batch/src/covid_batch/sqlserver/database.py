"""SQL Server by Microsoft's client, and PostgreSQL, which stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import IO, Any, Final, Protocol
from urllib.parse import urlsplit

import psycopg

from covid_batch.sqlserver.tables import SCHEMAS, from_csv
from covid_batch.stores.answers import Result
from covid_batch.stores.queries import schema
from covid_batch.stores.standin import TSQL, for_postgres
from covid_core import mssql

ENGINE: Final = "sqlserver"
_PAGE: Final = 5_000
_PART: Final = 1024 * 1024
"""Bytes that are sent at a time."""


class Database(Protocol):
    """What the jobs need of the relational store."""

    def replace(self, bodies: Mapping[str, IO[bytes]]) -> None:
        """Make the tables anew and fill each from its CSV, an open file, in one transaction."""

    def ask(self, query: str) -> Result:
        """A query's answer."""


class SqlServer:
    """SQL Server: statements as they are. Its methods raise `mssql_python.Error`."""

    def __init__(self, url: str) -> None:
        self._connection_string = mssql.connection_string(url)

    def replace(self, bodies: Mapping[str, IO[bytes]]) -> None:
        connection = self._connect()
        try:
            cursor = connection.cursor()
            for statement in schema(ENGINE):
                cursor.execute(statement)
            for table, body in bodies.items():
                columns = SCHEMAS[table].names
                names, marks = ", ".join(f"[{name}]" for name in columns), ", ".join("?" * len(columns))
                insert = f"INSERT INTO [{table}] ({names}) VALUES ({marks})"
                # Not by bulk copy, which has a connection and a transaction of its own.
                rows = iter(from_csv(table, body))
                while page := list(islice(rows, _PAGE)):
                    cursor.executemany(insert, page)
            connection.commit()
        finally:
            connection.close()  # rolls back what was not committed

    def ask(self, query: str) -> Result:
        connection = self._connect()
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            rows = [tuple(row) for row in cursor.fetchall()]
            return Result([column[0] for column in cursor.description], rows)
        finally:
            connection.close()

    def _connect(self) -> Any:
        import mssql_python

        return mssql_python.connect(self._connection_string, timeout=10)


class StandIn:
    """PostgreSQL: the same statements in its words. Its methods raise `psycopg.Error`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def replace(self, bodies: Mapping[str, IO[bytes]]) -> None:
        with self._connect() as connection:
            for statement in schema(ENGINE):
                connection.execute(for_postgres(statement, TSQL).encode())
            for table, body in bodies.items():
                into = f"COPY {table} FROM STDIN WITH (FORMAT csv, HEADER true)"
                with connection.cursor().copy(into.encode()) as copy:
                    while part := body.read(_PART):
                        copy.write(part)
                # SQL Server makes statistics when a query first needs them.
                connection.execute(f"ANALYZE {table}".encode())

    def ask(self, query: str) -> Result:
        with self._connect() as connection:
            cursor = connection.execute(for_postgres(query, TSQL).encode())
            return Result([column.name for column in cursor.description or ()], cursor.fetchall())

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, connect_timeout=5)


def database(url: str) -> Database:
    """SQL Server, or its stand-in, by the scheme of the URL."""
    return SqlServer(url) if urlsplit(url).scheme in mssql.SCHEMES else StandIn(url)
