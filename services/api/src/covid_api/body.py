"""Reading a request's body within a limit."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request

from covid_api.problems import Problem

MAX_BYTES: Final = 2 * 1024 * 1024
"""A thousand records are about 300 KB."""

SECONDS: Final = 20.0
"""For all of a body, however slowly it drips in."""


async def read(request: Request, limit: int = MAX_BYTES) -> bytes:
    """The body. Raises 413 as soon as it is known to be too large, 415 for an encoded one, 408 for one that
    takes too long to come.

    FastAPI's own limit answers an announced length in plain text, not with a problem document.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(
            415, "The body must not be compressed (Content-Encoding).", headers={"Accept-Encoding": ""}
        )
    too_large = Problem(413, f"The body is larger than {limit:,} bytes.", code="too-large", limit=limit)
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise too_large
                chunks.append(chunk)
    except TimeoutError:
        detail = f"The body did not come within {SECONDS:.0f} s."
        raise Problem(408, detail, headers={"Connection": "close"}) from None
    return b"".join(chunks)
