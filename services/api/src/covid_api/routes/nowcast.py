"""What the latest days' counts will have become."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from covid_api import nowcasting
from covid_api.deps import Parts
from covid_api.openapi.nowcast import NOWCAST_RESPONSES
from covid_api.paging import written
from covid_api.query import NowcastQuery
from covid_core.replay import Moment

router = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/nowcast",
    summary="Nowcast: the latest days' new counts as they are expected to stand later",
    response_class=Response,
    responses=NOWCAST_RESPONSES,
)
async def nowcast(parts: Parts, asked: Annotated[NowcastQuery, Query()]) -> Response:
    """The newest 14 days of which a source has a count. What its earlier reports said of their latest days,
    and later ones of the same days, says what becomes of these: a chain ladder by delay, with a 90% interval
    by bootstrap, scaled by how far off it would have been. The same log gives the same numbers.

    `reason`, where nothing is expected: `too-few-reports`, fewer than 20 of its days were reported both
    within 28 days and after; `settled`, it was reported 28 days after the day or later; `not-reported`, there
    is no count. A series that was never restated is expected to stay as it is: a first restatement is not
    foreseen. It takes a second or so a region, once for what is in the log.
    """
    pages = parts.nowcasts.pages(asked.codes(), asked.source, asked.fields(), asked.moment() or Moment())
    return await written(pages, asked.format, nowcasting.COLUMNS, "nowcast")
