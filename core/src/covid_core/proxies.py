"""The variables by which the environment names proxies, to Python's libraries as to curl."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Final

_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "all_proxy"})
_EXCEPTIONS: Final = ("NO_PROXY", "no_proxy")
_EVERYTHING: Final = "*"
_SCHEMES: Final = ("http", "https")


def never_for(hosts: tuple[str, ...], environ: MutableMapping[str, str]) -> None:
    """Have these hosts asked without the proxies that `environ` names; what is excepted there already stays.

    Where it names none nothing is changed: on macOS any such variable would hide the system's own proxies.
    """
    if not _named(environ):
        return
    given = {name: environ.get(name) for name in _EXCEPTIONS}
    # Some read the one variable, some the other: what only one of them says holds for both.
    either = next((value for value in given.values() if value), "")
    for name, value in given.items():
        hidden = [each.strip() for each in (value or either).split(",") if each.strip()]
        # Libraries know `*` only where it stands alone.
        if _EVERYTHING not in hidden:
            hidden += [host for host in hosts if host not in hidden]
        environ[name] = ",".join(hidden)


def objection(environ: Mapping[str, str]) -> str:
    """What to do where a client of HTTP takes none of the proxies: which variables name another kind."""
    others = [name for name, url in _named(environ).items() if _scheme(url) not in _SCHEMES]
    return (
        f"the proxy of {' and '.join(others) or 'the environment'} is neither http:// nor https://; "
        "name one that is, or unset the variable"
    )


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: url for name, url in environ.items() if name.lower() in _PROXIES and url}


def _scheme(url: str) -> str:
    scheme, separator, _ = url.partition("://")
    return scheme.lower() if separator else "http"
