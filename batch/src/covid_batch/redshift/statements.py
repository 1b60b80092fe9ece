"""COPY and UNLOAD, as Redshift takes them."""

from __future__ import annotations

from collections.abc import Mapping

from covid_batch.stores.queries import schema


def replace(objects: Mapping[str, str], role: str | None) -> list[str]:
    """The statements of one transaction that makes the tables anew and fills them.

    `objects`: the `s3://` address of each table's Parquet object, in the order in which they are filled.
    """
    return [*schema("redshift"), *(copy(table, place, role) for table, place in objects.items())]


def copy(table: str, place: str, role: str | None) -> str:
    """COPY of one Parquet object, whose columns stand in the table's order."""
    return f"COPY {table} FROM {quoted(place)} IAM_ROLE {_role(role)} FORMAT AS PARQUET"


def unload(query: str, place: str, role: str | None) -> str:
    """UNLOAD of a query to Parquet under a prefix, in place of what lies there.

    One file after another, since in parallel the order of the query would be lost.
    """
    return (
        f"UNLOAD ({quoted(query)}) TO {quoted(place)} IAM_ROLE {_role(role)} "
        "FORMAT AS PARQUET CLEANPATH PARALLEL OFF"
    )


def quoted(text: str) -> str:
    """A string of SQL: quotes doubled, and backslashes, which Redshift reads as escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _role(role: str | None) -> str:
    return quoted(role) if role else "default"
