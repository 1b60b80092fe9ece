"""The contract on PostgreSQL: as the relational store, and in Redshift's place."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from covid_core.rows import NAMES, Row
from covid_core.settings import RdsSettings, RedshiftSettings, S3Settings
from covid_sinks.contract import Sink, Transient, WriteReport
from covid_sinks.sql import postgres
from covid_sinks.sql.build import rds, redshift
from covid_sinks.sql.dialect import Trouble
from tests.contract.suite import Key, SinkContract, Store, by_key, row, tombstone


class PostgresStore(Store):
    def __init__(self, url: str) -> None:
        self.url = url
        self.table = f"contract_{uuid.uuid4().hex}"

    def sink(self) -> Sink:
        return rds(RdsSettings(url=self.url, table=self.table))

    def rows(self) -> dict[Key, Row]:
        return by_key(self.query(f"SELECT {', '.join(NAMES)} FROM {self.table}"))

    def query(self, statement: str) -> list[Row]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return [Row(**found) for found in connection.execute(statement.encode()).fetchall()]

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    def without_column(self, name: str) -> None:
        sink = self.sink()
        sink.open()
        sink.close()
        self.run(f"ALTER TABLE {self.table} DROP COLUMN {name} CASCADE")

    def bad_rows(self) -> list[Row]:
        return [row(1, region="CA\0"), row(1, region="CA-PE", confirmed=2**63)]


class RedshiftStore(PostgresStore):
    def sink(self) -> Sink:
        return redshift(RedshiftSettings(url=self.url, table=self.table), S3Settings())


class PostgresContract(SinkContract):
    def test_deleted_rows_are_hidden_by_the_view(self, store: PostgresStore, sink: Sink) -> None:
        sink.write([row(1), tombstone(1, region="CA-QC")])
        assert by_key(store.query(f"SELECT * FROM {store.table}_live")) == by_key([row(1)])

    def test_the_view_shows_an_added_column(self, store: PostgresStore) -> None:
        store.without_column("lineage")
        sink = store.sink()
        sink.open()
        sink.write([row(1)])
        sink.close()
        assert store.query(f"SELECT * FROM {store.table}_live") == [row(1)]

    def test_a_lost_connection_is_made_again(self, store: PostgresStore, sink: Sink) -> None:
        sink.write([row(1)])
        store.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'covid-sinks' AND pid <> pg_backend_pid()"
        )
        with pytest.raises(Transient):
            sink.write([row(2)])
        assert sink.write([row(2)]) == WriteReport(1, 0)
        assert store.rows() == by_key([row(2)])

    def test_a_writer_that_vanished_in_a_transaction_holds_the_others_for_a_while(
        self, store: PostgresStore, sink: Sink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sink.write([row(1)])
        monkeypatch.setitem(postgres.SESSION, "idle_in_transaction_session_timeout", 2_000)
        vanished = postgres.Postgres(store.url, store.table).connect()
        vanished.execute(f"LOCK TABLE {store.table}")
        sink.close()
        monkeypatch.setitem(postgres.SESSION, "lock_timeout", 100)
        with pytest.raises(Transient, match="lock timeout"):
            sink.write([row(2)])
        sink.close()
        monkeypatch.undo()
        assert sink.write([row(2)]) == WriteReport(1, 0)
        with pytest.raises(psycopg.Error) as ended:
            vanished.execute("SELECT 1")
        assert postgres.postgres_trouble(ended.value) is Trouble.TRANSIENT

    def test_a_table_that_went_away_ends_the_process(self, store: PostgresStore, sink: Sink) -> None:
        store.run(f"DROP TABLE {store.table} CASCADE")
        with pytest.raises(psycopg.errors.UndefinedTable):
            sink.write([row(1)])

    def test_a_write_that_fails_leaves_nothing(self, store: PostgresStore, sink: Sink) -> None:
        store.run(f"ALTER TABLE {store.table} ADD CHECK (confirmed < 2000)")
        bad = row(5000, region="CA-QC")
        with pytest.raises(Exception, match="check constraint") as caught:
            sink.write([row(1), bad])
        assert caught.value.rows == [bad]  # type: ignore[attr-defined]
        assert store.rows() == {}


class TestPostgres(PostgresContract):
    @pytest.fixture
    def store(self, stack: Any) -> Any:
        made = PostgresStore(stack.settings["COVID_RDS_URL"])
        yield made
        made.run(f"DROP TABLE IF EXISTS {made.table} CASCADE")


class TestRedshiftStandIn(PostgresContract):
    @pytest.fixture
    def store(self, stack: Any) -> Any:
        made = RedshiftStore(stack.settings["COVID_REDSHIFT_URL"])
        yield made
        made.run(f"DROP TABLE IF EXISTS {made.table} CASCADE")


def test_keys_are_what_the_table_says(stack: Any) -> None:
    store = PostgresStore(stack.settings["COVID_RDS_URL"])
    sink = store.sink()
    sink.open()
    sink.close()
    with psycopg.connect(store.url) as connection:
        query = (
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
            f"AND a.attnum = ANY(i.indkey) WHERE i.indrelid = '{store.table}'::regclass AND i.indisprimary"
        )
        found = {name for (name,) in connection.execute(query.encode()).fetchall()}
    store.run(f"DROP TABLE {store.table} CASCADE")
    assert found == {"source", "region", "date"}
