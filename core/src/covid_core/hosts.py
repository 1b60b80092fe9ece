"""Which hosts may be asked or told at all: an address, and where it leads on to, is somebody's wish."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit


def names(text: str) -> frozenset[str]:
    """The names in a setting, space-separated, in lower case. `*.example.org`: all below it."""
    return frozenset(text.lower().split())


def objection(url: str, allowed: Collection[str], setting: str) -> str | None:
    """Why an address must not be used, in a sentence that shows no more of it than its host; or None.

    `setting`: the variable that names the hosts that may be asked.
    """
    try:
        parts = urlsplit(url)
        host, has_user = (parts.hostname or "").rstrip("."), "@" in parts.netloc
    except ValueError as error:
        return f"that is no address: {error}"
    if has_user:
        return f"the address of {host} holds a name or password, which logs would show"
    if parts.scheme not in ("http", "https"):
        return f"the address of {host or 'no host'} is neither https:// nor http://"
    if not _has(host, allowed):
        return f"{host or 'an address without a host'} may not be asked; {setting} names the hosts that may"
    return None


def _has(host: str, allowed: Collection[str]) -> bool:
    if host in allowed:
        return True
    _, *above = host.split(".")
    return any("*." + ".".join(above[i:]) in allowed for i in range(len(above)))
