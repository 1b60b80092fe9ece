"""Pages of rows on their way to an answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from covid_api.items import Values

Pages = AsyncGenerator[list[Values], None]


async def begun(pages: Pages) -> Pages:
    """The same pages, the first already read: while no byte is out, a failure can still be a 503."""
    first = await anext(pages, None)

    async def rest() -> Pages:
        async with aclosing(pages):
            if first is not None:
                yield first
            async for page in pages:
                yield page

    return rest()
