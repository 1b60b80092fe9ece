"""SQL Server 2019 or newer: a temporary staging table, then MERGE … WITH (HOLDLOCK) in one transaction.

HOLDLOCK keeps the range of keys that MERGE has looked at locked until the commit; without it two writers that
insert the same new key at once end in a key violation. (Transact-SQL reference: MERGE, table hints.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import astuple

from covid_core import mssql
from covid_core.rows import KEY, NAMES, Column, ColumnType, Row
from covid_sinks.sql import schema
from covid_sinks.sql.dialect import Trouble

TYPES: Final = {
    # Compared by code point: by default 'ca' would be 'CA'.
    ColumnType.STRING: "nvarchar(200) COLLATE Latin1_General_100_BIN2",
    ColumnType.DATE: "date",
    ColumnType.INT64: "bigint",
    ColumnType.FLOAT64: "float(53)",
    ColumnType.BOOL: "bit",
}
STAGING: Final = "#covid_staging"
_QUOTE: Final = "[{}]"
_NAMES: Final = ", ".join(f"[{name}]" for name in NAMES)
_KEY: Final = ", ".join(f"[{name}]" for name in KEY)


class SqlServer:
    """Microsoft SQL Server through Microsoft's own client, whose wheel brings the driver."""

    name = "sqlserver"

    def __init__(self, url: str, table: str) -> None:
        self._connection_string = mssql.connection_string(url)
        self._table = schema.identifier(table)

    def connect(self) -> Any:
        import mssql_python

        return mssql_python.connect(self._connection_string, timeout=5)

    def trouble(self, error: Exception) -> Trouble | None:
        import mssql_python

        if not isinstance(error, mssql_python.Error):
            return None
        if isinstance(error, mssql_python.DataError | mssql_python.IntegrityError):
            return Trouble.DATA
        # A server that is away, a deadlock, a lock or login that timed out (SQLSTATE 08, 40, HYT).
        if isinstance(error, mssql_python.OperationalError):
            return Trouble.TRANSIENT
        return Trouble.BUG

    def lock_schema(self) -> str | None:
        return (
            f"EXEC sp_getapplock @Resource = 'covid:{self._table}', "
            "@LockMode = 'Exclusive', @LockTimeout = 30000"
        )

    def columns_of(self, table: str) -> str:
        return (
            "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS "
            f"WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME = '{table}'"
        )

    def create_table(self) -> str:
        return (
            f"IF OBJECT_ID(N'{self._table}', N'U') IS NULL CREATE TABLE [{self._table}] "
            f"({schema.columns(TYPES, _QUOTE)}, PRIMARY KEY CLUSTERED ({_KEY}))"
        )

    def add_column(self, column: Column) -> str:
        return (
            f"IF COL_LENGTH(N'{self._table}', N'{column.name}') IS NULL "
            f"ALTER TABLE [{self._table}] ADD {schema.column(column, TYPES, _QUOTE)}"
        )

    def drop_view(self) -> str:
        return f"DROP VIEW IF EXISTS [{schema.live_view(self._table)}]"

    def create_view(self) -> str:
        view = schema.live_view(self._table)
        return (
            f"CREATE VIEW [{view}] AS SELECT {_NAMES} FROM [{self._table}] WHERE COALESCE([deleted], 0) = 0"
        )

    def stage(self, connection: Any, rows: Sequence[Row]) -> None:
        cursor = connection.cursor()
        cursor.execute(f"DROP TABLE IF EXISTS {STAGING}")
        cursor.execute(self.create_staging())
        cursor.executemany(self.insert_staged(), [astuple(row) for row in rows])

    def apply(self, connection: Any, *, repair: bool) -> int:
        cursor = connection.cursor()
        cursor.execute(self.merge(repair=repair))
        return int(cursor.rowcount)

    def create_staging(self) -> str:
        """The temporary table, which dies with its connection."""
        return f"CREATE TABLE {STAGING} ({schema.columns(TYPES, _QUOTE)})"

    def insert_staged(self) -> str:
        """Fill staging, one row of parameters at a time."""
        return f"INSERT INTO {STAGING} ({_NAMES}) VALUES ({', '.join('?' * len(NAMES))})"

    def merge(self, *, repair: bool) -> str:
        """Insert new keys; replace a stored row where the staged one is newer."""
        keys = " AND ".join(f"t.[{name}] = s.[{name}]" for name in KEY)
        sets = ", ".join(f"t.[{name}] = s.[{name}]" for name in schema.REST)
        values = ", ".join(f"s.[{name}]" for name in NAMES)
        compare = ">=" if repair else ">"
        return (
            f"MERGE INTO [{self._table}] WITH (HOLDLOCK) AS t USING {STAGING} AS s ON {keys} "
            f"WHEN MATCHED AND (s.[generation] > t.[generation] OR (s.[generation] = t.[generation] "
            f"AND s.[revision] {compare} t.[revision])) THEN UPDATE SET {sets} "
            f"WHEN NOT MATCHED BY TARGET THEN INSERT ({_NAMES}) VALUES ({values});"
        )

    def drop_before(self) -> str:
        return f"DELETE FROM [{self._table}] WHERE [generation] < ?"
