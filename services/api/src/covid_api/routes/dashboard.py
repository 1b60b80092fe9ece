"""The dashboard's page and its files."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from fastapi import APIRouter, Request, Response

from covid_api.dashboard.assets import PREFIX, Asset, Dashboard, load
from covid_api.problems import Problem

router = APIRouter(include_in_schema=False)

PAGES: Final = ("/", "/region", "/compare", "/sources", "/corrections", "/alerts", "/pipeline")
"""Addresses of the one page, which shows what the address says."""

_METHODS: Final = ["GET", "HEAD"]

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # blob: is how a chart becomes a PNG.
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # A cache between may keep what is packed, and must not give it to whoever cannot unpack it.
    "Vary": "Accept-Encoding",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_PAGE_HEADERS: Final = {
    **_HEADERS,
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


@cache
def _dashboard() -> Dashboard:
    return load()


async def page(request: Request) -> Response:
    """The page; the browser keeps it, and asks each time whether it is still the same."""
    content = _dashboard().page
    tag = f'W/"{hashlib.sha256(content.body).hexdigest()[:16]}"'
    headers = {**_PAGE_HEADERS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return _answer(request, content, headers)


for path in PAGES:
    router.add_api_route(path, page, methods=_METHODS)


@router.api_route(PREFIX + "/{digest}/{name:path}", methods=_METHODS)
async def asset(request: Request, digest: str, name: str) -> Response:
    """A file, which never changes under its address."""
    dashboard = _dashboard()
    found = dashboard.files.get(name) if digest == dashboard.digest else None
    if found is None:
        raise Problem(404, f"There is no {name} of this version: load the page again.")
    return _answer(request, found, {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})


def _answer(request: Request, content: Asset, headers: dict[str, str]) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content.gzipped, 200, {**headers, "Content-Encoding": "gzip"}, content.media_type)
    return Response(content.body, 200, headers, content.media_type)
