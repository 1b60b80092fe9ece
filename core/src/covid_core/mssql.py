"""A SQL Server's URL as its client wants it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES: Final = ("mssql", "sqlserver")
PORT: Final = 1433


def connection_string(url: str, database: str | None = None) -> str:
    """`mssql://user:password@host:port/database` as an ODBC connection string, for another database if given.

    Always encrypted; the server's certificate is checked unless the URL ends in `?trust=yes`. The URL is one
    that `covid_core.databases.check` has passed.
    """
    parts = urlsplit(url)
    values = {
        "Server": f"{parts.hostname},{parts.port or PORT}",
        "Database": database or unquote(parts.path.strip("/")),
        "UID": unquote(parts.username or ""),
        "PWD": unquote(parts.password or ""),
        "Encrypt": "yes",
        "TrustServerCertificate": "yes" if parse_qs(parts.query).get("trust") == ["yes"] else "no",
    }
    return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in values.items())


def database(url: str) -> str:
    """The database that a URL names."""
    return unquote(urlsplit(url).path.strip("/"))
