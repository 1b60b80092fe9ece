"""URLs of databases, looked at before a client gets one: its error shows what it could not read, with the
password."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from covid_core import mssql
from covid_core.environment import SettingsError

POSTGRESQL: Final = ("postgresql", "postgres")
REDSHIFT: Final = ("redshift",)
_REDSHIFT_PORT: Final = 5439

_WRONG_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_NEVER_RAW: Final = re.compile(r"[\s#\x00-\x1f\x7f]")
_PLACE: Final = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:,]*)(?::(?P<port>[0-9]{0,5}))?")


def check(variable: str, url: str, *kinds: tuple[str, ...]) -> None:
    """Raise `SettingsError`, in words that hold nothing of the URL, where a client could not read it.

    `kinds`: of each database that it may name, the schemes; none: any.
    """
    scheme = url.partition("://")[0]
    if kinds and not any(scheme in schemes for schemes in kinds):
        either = " nor ".join(f"{schemes[0]}://" for schemes in kinds)
        raise SettingsError(f"{variable} starts with neither {either}")
    if flaw := _flaw(url, scheme):
        encoded = "% as %25, # as %23, ? as %3F, / as %2F, @ as %40"
        raise SettingsError(f"{variable}: {flaw}; percent-encode the password ({encoded})")
    parts = urlsplit(url)
    if scheme in mssql.SCHEMES and not (parts.hostname and parts.path.strip("/")):
        raise SettingsError(f"{variable}: the URL of SQL Server is mssql://user:password@host:port/database")


def redshift_options(url: str) -> dict[str, Any]:
    """What psycopg has to be told of Redshift besides a URL that `check` let pass.

    Redshift calls its encoding UNICODE, which psycopg does not know, and has another port than PostgreSQL.
    """
    return {
        "port": urlsplit(url).port or _REDSHIFT_PORT,
        "client_encoding": "utf-8",
        "prepare_threshold": None,
    }


def _flaw(url: str, scheme: str) -> str | None:
    """Clients differ in what they make of a malformed URL: it is none that they all divide alike."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "it cannot be divided into its parts"
    where = parts.netloc.rpartition("@")[2]
    # PostgreSQL's own client takes several hosts, and the first that answers.
    places = where.split(",") if scheme in POSTGRESQL else [where]
    flaws = {
        "a % is not followed by the two hexadecimal digits of a character": _WRONG_ESCAPE.search(url),
        "it holds # or a blank": _NEVER_RAW.search(url),
        "it does not begin with a scheme and ://": not parts.scheme or "://" not in url,
        "@ stands elsewhere than once, before the host": url.count("@") > 1
        or "@" in parts.path + parts.query,
        "its port is no number from 1 to 65535": not all(_is_place(place) for place in places),
        "what follows ? is not name=value": any(one.count("=") != 1 for one in parts.query.split("&") if one),
    }
    return next((flaw for flaw, found in flaws.items() if found), None)


def _is_place(text: str) -> bool:
    """Whether a text is a host, or none, and a port that may be left out."""
    found = _PLACE.fullmatch(text)
    return found is not None and (not found["port"] or 0 < int(found["port"]) < 65_536)
