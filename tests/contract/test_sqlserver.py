"""The contract on a real SQL Server: `COVID_TEST_MSSQL_URL=mssql://user:password@host/db?trust=yes`, else a
container where its image can be had."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from testcontainers.mssql import SqlServerContainer

from covid_cli.provision import create_database
from covid_core.rows import COLUMNS, NAMES, ColumnType, Row
from covid_core.settings import RdsSettings
from covid_sinks.contract import Sink
from covid_sinks.sql.build import rds
from covid_sinks.sql.sqlserver import SqlServer
from tests.containers import images
from tests.contract.suite import Key, SinkContract, Store, by_key, row, tombstone

PASSWORD = "Of-this-test-1"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is reachable, else a container."""
    if given := os.environ.get("COVID_TEST_MSSQL_URL"):
        yield given
        return
    image = images.of_service("sqlserver")
    try:
        images.bring({image}, tmp_path_factory.mktemp("images"))
    except images.Unavailable as error:
        pytest.skip(f"COVID_TEST_MSSQL_URL is not set, and {error}")
    with SqlServerContainer(image, password=PASSWORD) as container:
        address = f"sa:{PASSWORD}@127.0.0.1:{container.get_exposed_port(1433)}"
        found = f"mssql://{address}/covid?trust=yes"
        create_database(found)
        yield found


class SqlServerStore(Store):
    def __init__(self, url: str) -> None:
        self.url = url
        self.table = f"contract_{uuid.uuid4().hex}"

    def sink(self) -> Sink:
        return rds(RdsSettings(url=self.url, table=self.table))

    def rows(self) -> dict[Key, Row]:
        return by_key(self.query(f"SELECT {', '.join(f'[{name}]' for name in NAMES)} FROM [{self.table}]"))

    def query(self, statement: str) -> list[Row]:
        connection = SqlServer(self.url, self.table).connect()
        found = [Row(**{c.name: plain(v, c.type) for c, v in zip(COLUMNS, values, strict=True)})
                 for values in connection.cursor().execute(statement).fetchall()]  # fmt: skip
        connection.close()
        return found

    def run(self, statement: str) -> None:
        connection = SqlServer(self.url, self.table).connect()
        connection.cursor().execute(statement)
        connection.commit()
        connection.close()

    def without_column(self, name: str) -> None:
        sink = self.sink()
        sink.open()
        sink.close()
        self.run(f"DROP VIEW [{self.table}_live]")
        self.run(f"ALTER TABLE [{self.table}] DROP COLUMN [{name}]")

    def bad_rows(self) -> list[Row]:
        return [row(1, source="s" * 300)]


def plain(value: Any, kind: ColumnType) -> Any:
    return bool(value) if kind is ColumnType.BOOL else value


class TestSqlServer(SinkContract):
    @pytest.fixture
    def store(self, url: str) -> Any:
        made = SqlServerStore(url)
        yield made
        made.run(f"DROP VIEW IF EXISTS [{made.table}_live]")
        made.run(f"DROP TABLE IF EXISTS [{made.table}]")

    def test_deleted_rows_are_hidden_by_the_view(self, store: SqlServerStore, sink: Sink) -> None:
        sink.write([row(1), tombstone(1, region="CA-QC")])
        columns = ", ".join(f"[{name}]" for name in NAMES)
        assert by_key(store.query(f"SELECT {columns} FROM [{store.table}_live]")) == by_key([row(1)])
