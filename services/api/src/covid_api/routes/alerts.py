"""What the rules of alerts say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from covid_api import alerts as found
from covid_api import feed
from covid_api.deps import Deps, Parts
from covid_api.openapi.alerts import ALERTS_RESPONSES
from covid_api.openapi.history import FEED_RESPONSES
from covid_api.paging import Pages, written
from covid_api.query import AlertsFeedQuery, AlertsFound, AlertsQuery
from covid_core.alerts.alert import Alert

router = APIRouter(prefix="/v1", tags=["metrics"])

_TITLE = {"en": "COVID-19 alerts", "fr": "Alertes COVID-19"}


@router.get(
    "/alerts",
    summary="Alerts: what the rules say, and said",
    response_class=Response,
    responses=ALERTS_RESPONSES,
)
async def alerts(parts: Parts, asked: Annotated[AlertsQuery, Query()]) -> Response:
    """As the service of alerts has written them, the newest onset first.

    Days are those of the rows, so event time. `active`: it is so on the newest day that the rule looks at;
    `resolved`: it was so; `withdrawn`: it was raised, and by what is known now it never was so.
    """
    chosen = [found.values(one) for one in await _chosen(parts, asked)]

    async def pages() -> Pages:
        yield chosen

    return await written(pages(), asked.format, found.COLUMNS, "alerts")


@router.get(
    "/alerts.atom",
    summary="The newest alerts as a feed",
    response_class=Response,
    responses=FEED_RESPONSES,
)
async def alerts_feed(request: Request, parts: Parts, asked: Annotated[AlertsFeedQuery, Query()]) -> Response:
    """Atom (RFC 4287), by the day as of which each was decided. An alert keeps its id when it turns."""
    entries = [found.entry(one, asked.lang) for one in await _chosen(parts, asked)]
    content = feed.atom(str(request.url), _TITLE[asked.lang], entries, asked.lang)
    return Response(content, media_type=feed.MEDIA_TYPE, headers={"Content-Language": asked.lang})


async def _chosen(parts: Deps, asked: AlertsFound) -> list[Alert]:
    regions = asked.codes()
    return [one for one in await parts.alerts.all() if asked.means(one, regions)]
