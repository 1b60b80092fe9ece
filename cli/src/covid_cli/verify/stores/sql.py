"""Reads the relational stores by DB-API: PostgreSQL and Redshift by psycopg, SQL Server by mssql-python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa

from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA
from covid_cli.verify.stores import Span
from covid_core import databases, mssql
from covid_core.rows import ColumnType

_PAGE: Final = 5_000
_BOOLS: Final = tuple(i for i, column in enumerate(COMPARED) if column.type is ColumnType.BOOL)


class SqlReader:
    """Reads `table` at `url`; the scheme says which database."""

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self._scheme = urlsplit(url).scheme
        self._table = table

    def read(self, spans: Sequence[Span] | None, tell: Callable[[int], None]) -> pa.Table:
        """See `Reader`. With spans: all rows of their regions between the first and last day."""
        statement, parameters = self._select(spans)
        connection = self._connect()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            batches, count = [], 0
            while page := cursor.fetchmany(_PAGE):
                batches.append(_batch(page))
                count += len(page)
                tell(count)
            return pa.Table.from_batches(batches, schema=EXPECTED_SCHEMA)
        finally:
            connection.close()

    @property
    def _sql_server(self) -> bool:
        return self._scheme in mssql.SCHEMES

    def _select(self, spans: Sequence[Span] | None) -> tuple[str, list[Any]]:
        quote, mark = ("[{}]", "?") if self._sql_server else ('"{}"', "%s")
        names = ", ".join(quote.format(column.name) for column in COMPARED)
        statement = f"SELECT {names} FROM {quote.format(self._table)}"  # noqa: S608  # names are settings
        if spans is None:
            return statement, []
        regions = sorted({span.region for span in spans})
        marks = ", ".join([mark] * len(regions))
        region, date = quote.format("region"), quote.format("date")
        where = f" WHERE {region} IN ({marks}) AND {date} BETWEEN {mark} AND {mark}"
        first, last = min(span.first for span in spans), max(span.last for span in spans)
        return statement + where, [*regions, first, last]

    def _connect(self) -> Any:
        if self._sql_server:
            import mssql_python  # noqa: PLC0415  # only where SQL Server is the store

            return mssql_python.connect(mssql.connection_string(self._url), timeout=10)
        url = self._url
        options: dict[str, Any] = {}
        if self._scheme in databases.REDSHIFT:
            url = "postgresql" + url.removeprefix("redshift")
            options = databases.redshift_options(url)
        return psycopg.connect(url, connect_timeout=10, application_name="covid-verify", **options)


def _batch(page: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    columns = [list(values) for values in zip(*page, strict=True)]
    for i in _BOOLS:
        columns[i] = [bool(value) for value in columns[i]]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, EXPECTED_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=EXPECTED_SCHEMA)
