"""A SQL Server's URL as its client wants it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES: Final = ("mssql", "sqlserver")
PORT: Final = 1433


def connection_string(url: str, database: str | None = None) -> str:
    """`mssql://user:password@host:port/database` as an ODBC connection string, for another database if given.

    Always encrypted; the server's certificate is checked unless the URL ends in `?trust=yes`.
    Raises `ValueError`, without the password.
    """
    parts = urlsplit(url)
    named = unquote(parts.path.strip("/"))
    if not parts.hostname or not named:
        raise ValueError("the URL of SQL Server is mssql://user:password@host:port/database")
    values = {
        "Server": f"{parts.hostname},{parts.port or PORT}",
        "Database": database or named,
        "UID": unquote(parts.username or ""),
        "PWD": unquote(parts.password or ""),
        "Encrypt": "yes",
        "TrustServerCertificate": "yes" if parse_qs(parts.query).get("trust") == ["yes"] else "no",
    }
    return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in values.items())


def database(url: str) -> str:
    """The database that a URL names."""
    return unquote(urlsplit(url).path.strip("/"))
