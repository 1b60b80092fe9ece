"""What the relational adapter needs to know of a database."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Protocol

from covid_core.rows import Column, Row

Connection = Any
"""A DB-API connection, outside autocommit."""


class Trouble(Enum):
    """What an error of a database means for the write that met it."""

    TRANSIENT = "transient"
    DATA = "data"
    BUG = "bug"


class Dialect(Protocol):
    """The statements of one database, and its driver. Statements run in one transaction a write."""

    name: str

    def connect(self) -> Connection:
        """A new connection."""

    def trouble(self, error: Exception) -> Trouble | None:
        """What an error means; None: it is not the database's."""

    def lock_schema(self) -> str | None:
        """Keeps others from changing the schema until the transaction ends; None: it cannot be done."""

    def columns_of(self, table: str) -> str:
        """Query: the names of a table's or view's columns; no row when there is none."""

    def create_table(self) -> str:
        """Make the table; no error where it exists."""

    def add_column(self, column: Column) -> str:
        """Add a column; no error where it exists, if the database can say so."""

    def drop_view(self) -> str:
        """Drop the view of live rows, if there is one."""

    def create_view(self) -> str:
        """Make the view of live rows."""

    def stage(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Make an empty staging table for this transaction and fill it with the rows."""

    def apply(self, connection: Connection, *, repair: bool) -> int:
        """Bring newer staged rows into the table; returns how many. Staging holds at most one row a key."""

    def drop_before(self) -> str:
        """Delete the rows of generations before the one parameter."""
