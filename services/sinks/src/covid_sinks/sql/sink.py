"""The relational adapter: stage the rows, apply those that are newer, one transaction a write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from covid_core.errors import first_line
from covid_core.lake import Positions
from covid_core.rows import Row
from covid_sinks.contract import Rejected, Sink, Transient, WriteReport
from covid_sinks.isolate import refused
from covid_sinks.sql import schema
from covid_sinks.sql.dialect import Connection, Dialect, Trouble

logger = logging.getLogger(__name__)
T = TypeVar("T")


class DataError(Exception):
    """The database refuses a value; which row holds it is not known yet."""


class SqlSink(Sink):
    """Keeps one table of one database, and the view `…_live` of its rows that are not deleted."""

    def __init__(self, dialect: Dialect, table: str) -> None:
        self._dialect = dialect
        self._table = schema.identifier(table)
        self._connection: Connection | None = None

    def open(self) -> None:
        self._in_transaction(self._make_schema)

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        try:
            applied = self._in_transaction(lambda connection: self._apply(connection, rows, repair))
        except DataError:
            raise self._rejected(rows, repair) from None
        return WriteReport(applied, len(rows) - applied)

    def drop_before(self, generation: int) -> int:
        def drop(connection: Connection) -> int:
            cursor = connection.cursor()
            cursor.execute(self._dialect.drop_before(), (generation,))
            return int(cursor.rowcount)

        return self._in_transaction(drop)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception as error:
                logger.debug("closing: %s", error)

    def _apply(self, connection: Connection, rows: Sequence[Row], repair: bool) -> int:
        self._dialect.stage(connection, rows)
        return self._dialect.apply(connection, repair=repair)

    def _rejected(self, rows: Sequence[Row], repair: bool) -> Exception:
        """`Rejected` with the rows at fault, found by trying parts in transactions that are rolled back."""

        class TriedOut(Exception):
            pass

        def attempt(part: Sequence[Row]) -> str | None:
            def apply_and_undo(connection: Connection) -> None:
                self._apply(connection, part, repair)
                raise TriedOut

            try:
                self._in_transaction(apply_and_undo)
            except TriedOut:
                return None
            except DataError as error:
                return str(error)
            return None

        found = refused(rows, attempt)
        if not found:
            return Transient(f"{self._dialect.name}: refused a batch whose parts it takes")
        return Rejected(found)

    def _make_schema(self, connection: Connection) -> None:
        dialect, cursor = self._dialect, connection.cursor()
        lock = dialect.lock_schema()
        if lock is not None:
            cursor.execute(lock)
        if not self._columns(connection, self._table):
            cursor.execute(dialect.create_table())
        lacking = schema.missing(self._columns(connection, self._table))
        shown = self._columns(connection, schema.live_view(self._table))
        if lacking or set(schema.missing(shown)):
            # A view stands on its table's columns, and some databases fix its shape when it is made.
            cursor.execute(dialect.drop_view())
            for col in lacking:
                cursor.execute(dialect.add_column(col))
            cursor.execute(dialect.create_view())

    def _columns(self, connection: Connection, table: str) -> list[str]:
        cursor = connection.cursor()
        cursor.execute(self._dialect.columns_of(table))
        return [str(row[0]).lower() for row in cursor.fetchall()]

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit. A lost connection is dropped, so that the next call makes a new one."""
        try:
            if self._connection is None:
                self._connection = self._dialect.connect()
            result = work(self._connection)
            self._connection.commit()
        except Exception as error:
            trouble = self._dialect.trouble(error)
            self._undo(keep=trouble is not Trouble.TRANSIENT)
            if trouble is Trouble.TRANSIENT:
                raise Transient(f"{self._dialect.name}: {error}") from error
            if trouble is Trouble.DATA:
                raise DataError(f"{self._dialect.name}: {first_line(error)}") from error
            raise
        return result

    def _undo(self, *, keep: bool) -> None:
        try:
            if self._connection is not None and keep:
                self._connection.rollback()
                return
        except Exception as error:
            logger.debug("rolling back: %s", error)
        self.close()
