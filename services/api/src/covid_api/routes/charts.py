"""Charts for readers without a browser."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from covid_api.deps import Deps, Parts
from covid_api.gallery import Wanted
from covid_api.items import Values
from covid_api.openapi.rows import CHART_RESPONSES
from covid_api.paging import selected
from covid_api.problems import Problem
from covid_api.query import Known, Period
from covid_api.reader import Selection
from covid_charts.words import UNIT, Language
from covid_core import regions
from covid_core.rows import COLUMNS

router = APIRouter(prefix="/v1", tags=["charts"])

MEDIA_TYPES: Final = {"png": "image/png", "svg": "image/svg+xml"}


class ChartQuery(Known, Period):
    """Which metric of whom, when, and in which language. Unknown parameters are refused."""

    metric: str = Field("new_confirmed", description="what to draw", json_schema_extra={"enum": list(UNIT)})
    lang: Language = Field(Language.ENGLISH, description="language of the texts, numbers and dates")

    def check_metric(self) -> None:
        """Raise 422 for what is no metric."""
        if self.metric not in UNIT:
            names = ", ".join(UNIT)
            raise Problem(422, f"metric: no {self.metric[:40]!r}; there are {names}", code="unknown-metric")


@router.get(
    "/charts/{region}.{form}",
    summary="A region's metric over time as an image",
    response_class=Response,
    responses=CHART_RESPONSES,
)
async def chart(
    request: Request,
    parts: Parts,
    region: Annotated[str, Path(description="ISO 3166 code", examples=["CA-ON"])],
    form: Annotated[Literal["png", "svg"], Path(description="format of the image")],
    asked: Annotated[ChartQuery, Query()],
) -> Response:
    """New counts as bars with their 7-day average, anything else as a line that breaks where numbers lack.

    A strip below tells why they do; days on which a cumulative count went down are marked. With `as_of` or
    `known_at` it is drawn as known then. The ETag is the image's: ask with If-None-Match.
    """
    if not regions.is_known(region):
        raise Problem(
            404, f"There is no region {region[:40]!r}: an ISO 3166 code is due.", code="unknown-region"
        )
    asked.check_order()
    asked.check_metric()
    selection = _selection(region, asked)
    rows = await _rows(parts, selection)
    if not rows:
        detail = f"There are no rows of {region} from {asked.source} in this period."
        raise Problem(404, detail, code="no-rows")
    wanted = Wanted(rows, selection.columns, asked.metric, form, asked.lang)
    drawing = await parts.gallery.drawing(wanted)
    # May be kept, but a correction must show: ask each time whether it changed.
    headers = {
        "ETag": drawing.etag,
        "Cache-Control": "public, no-cache",
        "Content-Language": asked.lang.value,
        # An image is there to be shown on other sites' pages too.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if _has(request.headers.get("if-none-match", ""), drawing.etag):
        return Response(status_code=304, headers=headers)
    return Response(drawing.content, headers=headers, media_type=MEDIA_TYPES[form])


def _selection(region: str, asked: ChartQuery) -> Selection:
    # numpy comes with it, which nothing else here needs.
    from covid_charts.series import columns  # noqa: PLC0415

    needed = columns(asked.metric)
    chosen = tuple(column for column in COLUMNS if column.name in needed)
    return Selection(asked.source, (region,), False, asked.first, asked.last, chosen, asked.moment())


async def _rows(parts: Deps, selection: Selection) -> list[Values]:
    rows: list[Values] = []
    async with aclosing(selected(parts, selection)) as pages:
        async for page in pages:
            rows += page
    return rows


def _has(condition: str, etag: str) -> bool:
    """Whether an If-None-Match names the ETag (RFC 9110, 13.1.2: compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return etag in tags or tags == ["*"]
