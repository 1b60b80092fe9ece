"""What surrounds every request: its id, its measurements, and the last resort for faults."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covid_api import problems, tracing
from covid_api.telemetry import Telemetry
from covid_core.topics import Header

log = logging.getLogger(__name__)

ENDLESS: Final = "endless"
"""Set on a request's state where the answer lasts until somebody goes away: how long, tells nothing."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's X-Request-ID where it is a plain one, else a new id."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def record_headers(request_id: str, actor: str, count: int) -> list[dict[str, str]]:
    """The Kafka headers of each record that the request at hand writes."""
    common = {Header.ACTOR: actor}
    if (traceparent := tracing.traceparent()) is not None:
        common[Header.TRACEPARENT] = traceparent
    return [{**common, Header.REQUEST_ID: f"{request_id}:{index}"} for index in range(count)]


class RequestContext:
    """ASGI middleware: gives each request an id, counts and times it, and answers faults with a 500."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with tracing.joined(headers):
            await self._answer(scope, receive, send, request_id_of(headers))

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        start = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            if status:
                # Half an answer is out; the server cuts the connection, which is all that is left to say.
                log.error("request %s was cut off", request_id)
                raise
            log.exception("request %s failed", request_id)
            await problems.response(problems.internal_error())(scope, receive, send_with_id)
        finally:
            seconds = None if scope["state"].get(ENDLESS) else time.perf_counter() - start
            self._telemetry.request(scope["method"], _template(scope), status, seconds)


def _template(scope: Mapping[str, Any]) -> str:
    """The route's path, never the caller's, so that the number of time series stays small."""
    return getattr(scope.get("route"), "path", "unknown")
