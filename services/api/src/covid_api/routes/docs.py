"""The documentation that a browser shows, from files of our own: no other site's script runs beside the keys
that people type into the dashboard."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html

PATH: Final = "/docs"
FILES: Final = "/docs/files"
"""Where the application serves Swagger UI's own files."""

router = APIRouter(include_in_schema=False)

_INLINE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

_PAGE: Final = bytes(
    get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="COVID-19 Tracker: API",
        swagger_js_url=f"{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{FILES}/favicon.png",
    ).body
)


def _policy(page: bytes) -> str:
    """A policy under which only this page's own inline scripts run."""
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page))
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hashes}",
            # Swagger UI sets styles on elements, and its icons are data.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


_HEADERS: Final = {"Content-Security-Policy": _policy(_PAGE), "Cross-Origin-Opener-Policy": "same-origin"}


@router.get(PATH)
async def page() -> Response:
    """Swagger UI over /openapi.json."""
    return Response(_PAGE, headers=_HEADERS, media_type="text/html")
