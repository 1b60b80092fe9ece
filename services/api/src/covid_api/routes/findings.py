"""What sources took back or said otherwise, and where they disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from covid_api import comparison, ledger
from covid_api.deps import Deps, Parts
from covid_api.findings import Find
from covid_api.formats import ENCODINGS, Format
from covid_api.items import Values
from covid_api.openapi import CORRECTIONS_RESPONSES, DISAGREEMENTS_RESPONSES
from covid_api.paging import begun
from covid_api.query import CorrectionsQuery, DisagreementsQuery, FindingsQuery
from covid_core import regions
from covid_core.region_state import Logged
from covid_core.replay import Moment
from covid_core.rows import Column

router = APIRouter(prefix="/v1", tags=["metrics"])


@router.get(
    "/corrections",
    summary="Corrections: counts that fall, jump or end, and what later reports say otherwise",
    response_class=Response,
    responses=CORRECTIONS_RESPONSES,
)
async def corrections(parts: Parts, asked: Annotated[CorrectionsQuery, Query()]) -> Response:
    """Found anew in the log, which takes a second or so a region.

    Along a series, as it is known then: `decreased`, a cumulative count below the one before it;
    `level-break`, a jump of a quarter of the level that is ten times what is usual around that day; `ended`,
    the source has stopped to count. Between reports: `restated`, a later report says otherwise of a day;
    `back-filled`, it has a day that an earlier one passed over; `deleted` and `withdrawn` by people.
    """

    def find(region: str, logged: Sequence[Logged]) -> Iterator[Values]:
        return (ledger.values(one) for one in ledger.corrections(region, logged) if asked.means(one))

    return await _answer(parts, asked, find, ledger.COLUMNS, "corrections")


@router.get(
    "/disagreements",
    summary="Days on which PHAC and Johns Hopkins count differently",
    response_class=Response,
    responses=DISAGREEMENTS_RESPONSES,
)
async def disagreements(parts: Parts, asked: Annotated[DisagreementsQuery, Query()]) -> Response:
    """Found anew in the log, which takes a second or so a region. Days on which one of them has no number are
    left out.

    `reason`, the first rule that applies: `reporting-calendar`, one of them does not report that day; `late`,
    one says what the other said the day before; `restated`, one has said otherwise of that day before;
    `definition`, they have been apart by about as much for weeks; null, none is known.
    """

    def find(region: str, logged: Sequence[Logged]) -> Iterator[Values]:
        return (comparison.values(one) for one in comparison.found(region, logged) if asked.means(one))

    return await _answer(parts, asked, find, comparison.COLUMNS, "disagreements")


async def _answer(
    parts: Deps, asked: FindingsQuery, find: Find, columns: Sequence[Column], name: str
) -> Response:
    asked.check_order()
    wanted = sorted(asked.region_codes() or ("CA", *regions.PROVINCES))
    pages = await begun(parts.findings.pages(wanted, asked.moment() or Moment(), find))
    headers = {}
    if asked.format in (Format.CSV, Format.PARQUET):
        headers["Content-Disposition"] = f'attachment; filename="covid-{name}.{asked.format.value}"'
    encoding = ENCODINGS[asked.format]
    chunks = encoding.encode(pages, columns, None)
    return StreamingResponse(chunks, headers=headers, media_type=encoding.media_type)
