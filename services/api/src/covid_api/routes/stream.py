"""Rows as they change, pushed."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from covid_api.context import ENDLESS
from covid_api.deps import Parts
from covid_api.live.hub import Listener, Wanted
from covid_api.openapi.stream import STREAM_RESPONSES
from covid_api.query import StreamQuery

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1", tags=["metrics"])

SEND_SECONDS: Final = 30.0
"""How long a listener may not read at all before the connection is cut."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}


class EventStream(StreamingResponse):
    """A listener's events as a response, which leaves when it ends, however it ends."""

    media_type = "text/event-stream"

    def __init__(self, listener: Listener) -> None:
        self._events = listener.events()
        self._listener = listener
        super().__init__(self._events, headers=_HEADERS)

    async def stream_response(self, send: Send) -> None:
        """Send events one by one, each as soon as the one before is on its way."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            # Returning in the middle makes the server cut the connection.
            log.warning("a listener has not read for %g s and is cut off", SEND_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()
            self._listener.leave()


@router.get(
    "/stream",
    summary="Rows as they change: server-sent events",
    response_class=Response,
    responses=STREAM_RESPONSES,
)
async def stream(
    request: Request,
    parts: Parts,
    asked: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(description="id of the last event that was received; browsers send it themselves")
    ] = None,
) -> Response:
    """Every row that changes, within the second in which the streaming job has computed it.

    Each event `rows` holds at most 64 rows of one region and source: `data` as `/v1/metrics` gives them, and
    the keys of those that were `deleted`. A row replaces another of its key where (`generation`, `revision`)
    is greater or the same; apply events by that rule, since some come twice: a new stream begins with the
    last 10 seconds. So open the stream first, then read `/v1/metrics`, and nothing is missing.

    After a lost connection go on by `Last-Event-ID`. An event `reset` says that events are lost, and why:
    read `/v1/metrics` again; the stream goes on. Every 15 seconds without an event there is a comment.
    """
    wanted = Wanted(frozenset(asked.region_codes()), frozenset(asked.source))
    listener = await parts.hub.listen(wanted, last_event_id)
    setattr(request.state, ENDLESS, True)
    return EventStream(listener)
