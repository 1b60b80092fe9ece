"""Who asks, and what they may: keys with a scope, compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from covid_api.problems import Problem
from covid_core import keys
from covid_core.keys import Key, Scope

log = logging.getLogger(__name__)

REALM: Final = "covid"
_SETTING: Final = "COVID_API_WRITE_KEYS"

_bearer = HTTPBearer(
    auto_error=False, description="A key: `covid keys create` makes one, `covid up` prints one that may write"
)


class Keys:
    """The keys of the settings and those of the list, which is read again whenever it changes."""

    def __init__(self, given: str | None, listed: Path | None) -> None:
        """`given`: keys that may write, comma-separated, blanks around them ignored. `listed`: the file of
        `covid keys`; one that is not there has no keys. Raises `BadList`, `OSError`."""
        texts = (text.strip() for text in (given or "").split(","))
        self._given = [_given(text) for text in texts if text]
        self._path = listed
        self._stamp, self._listed = (None, []) if listed is None else _read(listed)
        self._trouble: str | None = None

    def current(self) -> Sequence[Key]:
        """All keys, the revoked ones too. A list that was damaged since is left as it was, and the log says
        so."""
        if self._path is not None:
            self._refresh(self._path)
        return [*self._given, *self._listed]

    def find(self, text: str) -> Key | None:
        """The key with this text, unless there is none or it is revoked."""
        digest = keys.digest(text)
        # Every key is compared, so that the time taken does not tell which one nearly matched.
        matches = [key for key in self.current() if hmac.compare_digest(digest, key.sha256)]
        valid = [key for key in matches if key.revoked is None]
        # One that was revoked in the list is so everywhere.
        return valid[0] if valid and len(valid) == len(matches) else None

    def can_write(self) -> bool:
        """Whether there is any key that may write."""
        return any(key.revoked is None and key.scope.allows(Scope.WRITE) for key in self.current())

    def _refresh(self, path: Path) -> None:
        try:
            if _stamp(path) == self._stamp:
                return
            self._stamp, self._listed = _read(path)
        except (keys.BadList, OSError) as error:
            # The next request tries again: what made it unreadable may end without a change of the file.
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.error("%s cannot be read, the keys stay as they were: %s", path, error)
            return
        self._trouble = None
        log.info("%s was read again: %d keys", path, len(self._listed))


def _given(text: str) -> Key:
    return Key(name=_SETTING, scope=Scope.WRITE, sha256=keys.digest(text))


_Stamp = tuple[int, int, int] | None
"""Inode, size and time of a file's last change; None for one that is not there."""


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: Path) -> tuple[_Stamp, list[Key]]:
    # The stamp first: a change in between is seen the next time.
    stamp = _stamp(path)
    return stamp, [] if stamp is None else keys.parse(path.read_bytes())


def key_text(headers: Mapping[str, str], method: str) -> str | None:
    """The text of the key that a request carries, None where it carries none.

    `Basic` (any user, the key as password) is what browsers ask for by themselves. They send it with forms of
    other sites too, so it only ever reads.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() == "basic" and method in ("GET", "HEAD"):
        try:
            decoded = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        return decoded.partition(":")[2] or None
    return None


Check = Callable[..., Awaitable[Key]]


def _needs(scope: Scope) -> Check:
    async def checked(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Key:
        known: Keys = request.app.state.deps.keys
        if scope is Scope.WRITE and not known.can_write():
            raise Problem(
                403,
                f"This service takes no writes: no key may ({_SETTING}, or `covid keys create`).",
                code="read-only",
            )
        key: Key | None = request.state.key
        if key is None:
            raise _unknown(request, scope)
        if not key.scope.allows(scope):
            challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}"'
            detail = f"This key may {key.scope}; a key that may {scope} is needed."
            raise Problem(403, detail, code="insufficient-scope", challenges=[challenge])
        return key

    return checked


def _unknown(request: Request, scope: Scope) -> Problem:
    shown = "authorization" in request.headers
    challenges = [f'Bearer realm="{REALM}"' + (', error="invalid_token"' if shown else "")]
    if scope is Scope.READ:
        challenges.append(f'Basic realm="{REALM}", charset="UTF-8"')
    detail = (
        "This key is not known, or was revoked."
        if shown
        else f"This needs a key that may {scope}, in the header Authorization: Bearer KEY."
    )
    return Problem(401, detail, code="unauthorized", challenges=challenges)


reader: Final = _needs(Scope.READ)
"""Raises 401 without a key that is known, where reading needs one."""

Writer = Annotated[Key, Depends(_needs(Scope.WRITE))]
"""The key of a write. Raises 401 without a known one, 403 for one that may only read."""

Admin = Annotated[Key, Depends(_needs(Scope.ADMIN))]
"""The key of who looks after the service."""
