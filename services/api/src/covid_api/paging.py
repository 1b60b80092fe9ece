"""Pages of rows on their way to an answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from fastapi.responses import StreamingResponse

from covid_api.deps import Deps
from covid_api.formats import ENCODINGS, Format
from covid_api.items import Values
from covid_api.reader import Place, Selection
from covid_core.records import RecordKey
from covid_core.replay import Moment
from covid_core.rows import Column, Row

Pages = AsyncGenerator[list[Values], None]


def selected(
    parts: Deps, selection: Selection, after: Place | None = None, count: int | None = None
) -> Pages:
    """A selection's rows: of now from the store, of the past from the log. `count`: how many are wanted."""
    if selection.of_now:
        return parts.reader.pages(selection, after, count)
    return parts.past.pages(selection, after)


async def rows_at(parts: Deps, keys: Sequence[RecordKey], moment: Moment | None) -> dict[RecordKey, Row]:
    """The rows of these keys, tombstones included: of now (None) from the store, of a moment from the log."""
    return await (parts.reader.rows(keys) if moment is None else parts.past.rows(keys, moment))


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


async def written(pages: Pages, form: Format, columns: Sequence[Column], name: str) -> StreamingResponse:
    """An answer of lines under columns; CSV and Parquet are files of that name."""
    pages = await begun(pages)
    headers = {}
    if form in (Format.CSV, Format.PARQUET):
        headers["Content-Disposition"] = f'attachment; filename="covid-{name}.{form.value}"'
    encoding = ENCODINGS[form]
    chunks = encoding.encode(pages, columns, None)
    return StreamingResponse(chunks, headers=headers, media_type=encoding.media_type)
