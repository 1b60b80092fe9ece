"""What sources took back or said otherwise, and where they disagree."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request, Response

from covid_api import comparison, feed, ledger
from covid_api.deps import Deps, Parts
from covid_api.findings import Find
from covid_api.items import Values
from covid_api.openapi.history import CORRECTIONS_RESPONSES, DISAGREEMENTS_RESPONSES, FEED_RESPONSES
from covid_api.paging import written
from covid_api.query import CorrectionsFound, CorrectionsQuery, DisagreementsQuery, Found
from covid_core.logged import Logged
from covid_core.replay import Moment

router = APIRouter(prefix="/v1", tags=["metrics"])

T = TypeVar("T")


@router.get(
    "/corrections",
    summary="Corrections: counts that fall, jump or end, and what later reports say otherwise",
    response_class=Response,
    responses=CORRECTIONS_RESPONSES,
)
async def corrections(parts: Parts, asked: Annotated[CorrectionsQuery, Query()]) -> Response:
    """Found anew in the log, which takes a second or so a region.

    Along a series, as it is known then: `decreased`, a cumulative count below the one before it;
    `level-break`, a jump of a quarter of the level that is ten times what is usual around that day, both
    between counts of the same source; `ended`, the source has stopped to count. Between reports: `restated`,
    a later report says otherwise of a day; `back-filled`, it has a day that an earlier one passed over;
    `deleted` and `withdrawn` by people.
    """

    def find(region: str, logged: Sequence[Logged]) -> Iterator[Values]:
        return (ledger.values(one) for one in ledger.corrections(region, logged) if asked.means(one))

    return await written(_pages(parts, asked, find), asked.format, ledger.COLUMNS, "corrections")


@router.get(
    "/corrections.atom",
    summary="The newest corrections as a feed",
    response_class=Response,
    responses=FEED_RESPONSES,
)
async def corrections_feed(
    request: Request, parts: Parts, asked: Annotated[CorrectionsFound, Query()]
) -> Response:
    """Atom (RFC 4287), newest first: by when a report brought the correction, or by its day where it is one
    along a series. Parameters and meaning are those of `/v1/corrections`."""

    def find(region: str, logged: Sequence[Logged]) -> Iterator[feed.Entry]:
        return (ledger.entry(one) for one in ledger.corrections(region, logged) if asked.means(one))

    found = [one async for page in _pages(parts, asked, find) for one in page]
    content = feed.atom(str(request.url), "Corrections of COVID-19 counts", found)
    return Response(content, media_type=feed.MEDIA_TYPE)


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

    return await written(_pages(parts, asked, find), asked.format, comparison.COLUMNS, "disagreements")


def _pages(parts: Deps, asked: Found, find: Find[T]) -> AsyncGenerator[list[T], None]:
    return parts.findings.pages(asked.codes(), asked.moment() or Moment(), find)
