"""What sources took back or said otherwise."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from covid_api.deps import Parts
from covid_api.formats import ENCODINGS, Format
from covid_api.ledger import COLUMNS
from covid_api.openapi import CORRECTIONS_RESPONSES
from covid_api.paging import begun
from covid_api.query import CorrectionsQuery
from covid_core import regions

router = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/corrections",
    summary="Corrections: counts that fall, jump or end, and what later reports say otherwise",
    response_class=Response,
    responses=CORRECTIONS_RESPONSES,
)
async def corrections(parts: Parts, asked: Annotated[CorrectionsQuery, Query()]) -> Response:
    """Found anew in the log, which takes a second or so a region.

    Along a series, as it is known now: `decreased`, a cumulative count below the one before it;
    `level-break`, a jump of a quarter of the level that is ten times what is usual around that day; `ended`,
    the source has stopped to count. Between reports: `restated`, a later report says otherwise of a day;
    `back-filled`, it has a day that an earlier one passed over; `deleted` and `withdrawn` by people.
    """
    asked.check_order()
    wanted = asked.region_codes() or ("CA", *regions.PROVINCES)
    pages = await begun(parts.ledger.pages(sorted(wanted), asked.means))
    headers = {}
    if asked.format in (Format.CSV, Format.PARQUET):
        headers["Content-Disposition"] = f'attachment; filename="covid-corrections.{asked.format.value}"'
    encoding = ENCODINGS[asked.format]
    chunks = encoding.encode(pages, COLUMNS, None)
    return StreamingResponse(chunks, headers=headers, media_type=encoding.media_type)
