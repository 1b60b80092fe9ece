"""Rows with counts and metrics."""

from __future__ import annotations

from contextlib import aclosing

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from covid_api import cursor
from covid_api.deps import Deps, Parts
from covid_api.formats import ENCODINGS, Format
from covid_api.items import Values
from covid_api.openapi.rows import METRICS_RESPONSES
from covid_api.paging import Pages, begun, selected
from covid_api.query import Asked, MetricsQuery
from covid_api.reader import Place, RowReader, Selection

router = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/metrics",
    summary="Rows: counts, statuses and metrics by region and date",
    response_class=Response,
    responses=METRICS_RESPONSES,
)
async def metrics(request: Request, parts: Parts, asked: Asked) -> Response:
    """Live rows, ordered by region and date.

    With `as_of` rows are as the sources' reports up to then make them, with `known_at` as the records make
    them that this system had by then; both may be given. They have the column `carried` besides: true where
    the source still had the day in a report, but passes it over in a later one. With `lag` each day is as its
    source had reported it that many days later. All such rows are computed anew from the log, which takes a
    second or so a region.

    Without `limit` all rows are streamed. With it, `next` (JSON) and the header `Link: <…>; rel="next"`
    (every format) lead to the following page.
    """
    asked.check_order()
    selection = await _selection(parts.reader, asked)
    after = cursor.decode(selection, asked.cursor) if asked.cursor is not None else None
    headers: dict[str, str] = {}
    following = None
    if asked.limit is None:
        pages = await begun(selected(parts, selection, after))
    else:
        rows = await _first_rows(parts, selection, after, asked.limit + 1)
        if len(rows) > asked.limit:
            rows.pop()
            following = cursor.encode(selection, Place.of(rows[-1]))
            target = request.url.include_query_params(cursor=following)
            headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'
        pages = _single(rows)
    if asked.format in (Format.CSV, Format.PARQUET):
        headers["Content-Disposition"] = f'attachment; filename="covid-{asked.source}.{asked.format.value}"'
    encoding = ENCODINGS[asked.format]
    chunks = encoding.encode(pages, selection.columns, following)
    return StreamingResponse(chunks, headers=headers, media_type=encoding.media_type)


async def _selection(reader: RowReader, asked: MetricsQuery) -> Selection:
    columns = asked.columns()
    codes = asked.region_codes()
    everywhere = not codes
    if everywhere:
        codes = tuple(region for _, region in await reader.pairs(asked.source))
    return Selection(
        asked.source, codes, everywhere, asked.first, asked.last, columns, asked.moment(), asked.lag
    )


async def _first_rows(parts: Deps, selection: Selection, after: Place | None, count: int) -> list[Values]:
    rows: list[Values] = []
    async with aclosing(selected(parts, selection, after, count)) as pages:
        async for page in pages:
            rows += page
            if len(rows) >= count:
                break
    return rows[:count]


async def _single(rows: list[Values]) -> Pages:
    if rows:
        yield rows
