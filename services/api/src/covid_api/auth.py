"""Who may write: bearer keys, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from covid_api.problems import Problem

_scheme = HTTPBearer(auto_error=False, description="A write key; `covid up` makes one and prints it")


class WriteKeys:
    """The keys that may write, kept only as digests."""

    def __init__(self, keys: str | None) -> None:
        """`keys`: comma-separated, blanks around them ignored; None or empty allows no writes."""
        given = (key.strip() for key in (keys or "").split(","))
        self._digests = tuple(hashlib.sha256(key.encode()).digest() for key in given if key)

    def __bool__(self) -> bool:
        return bool(self._digests)

    def actor(self, key: str) -> str | None:
        """`api:` and 8 hex digits that name the key without telling it, or None for an unknown key."""
        digest = hashlib.sha256(key.encode()).digest()
        # Every key is compared, so that the time taken does not tell which one nearly matched.
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return f"api:{digest.hex()[:8]}" if any(matches) else None


async def writer(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]
) -> str:
    """The actor of a write. Raises 401 without a known key, 403 where the service takes no writes."""
    keys: WriteKeys = request.app.state.deps.keys
    if not keys:
        raise Problem(
            403,
            "This service takes no writes: no key is configured (COVID_API_WRITE_KEYS).",
            code="read-only",
        )
    actor = keys.actor(credentials.credentials) if credentials else None
    if actor is None:
        challenge = 'Bearer realm="covid"' + (', error="invalid_token"' if credentials else "")
        detail = (
            "This key is not known." if credentials else "Writes need the header Authorization: Bearer KEY."
        )
        raise Problem(401, detail, code="unauthorized", headers={"WWW-Authenticate": challenge})
    return actor


Actor = Annotated[str, Depends(writer)]
