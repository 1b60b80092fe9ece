"""What a request meets first: who it is from, and whether that caller has asked too often."""

from __future__ import annotations

import math
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covid_api import problems
from covid_api.auth import Keys, key_text
from covid_api.limiter import Limiter, site
from covid_api.problems import Problem

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # An answer is data: were a browser to show it as a page, that page could load and do nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""On every answer that does not bring its own. Strict-Transport-Security is for who terminates TLS."""


class Gate:
    """ASGI middleware: sets `request.state.key` (None without a known one), answers 429 to who asks too
    often, by key or, without one, by address."""

    def __init__(self, app: ASGIApp, keys: Keys, limiter: Limiter) -> None:
        self._app = app
        self._keys = keys
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        text = key_text(Headers(scope=scope), scope["method"])
        key = None if text is None else self._keys.find(text)
        scope.setdefault("state", {})["key"] = key
        host, _ = scope.get("client") or ("", 0)
        seconds = self._limiter.wait(site(host) if key is None else key.actor)
        if seconds > 0:
            await problems.response(_too_many(seconds))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _too_many(seconds: float) -> Problem:
    wait = math.ceil(seconds)
    return Problem(
        429,
        f"Too many requests from this key or address: ask again in {wait} s.",
        code="too-many-requests",
        headers={"Retry-After": str(wait)},
    )


class SecurityHeaders:
    """ASGI middleware: adds `SECURITY_HEADERS`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
