"""What surrounds every request: its id, its measurements, and the last resort for faults."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from covid_api import problems
from covid_api.telemetry import Telemetry
from covid_core.topics import Header

log = logging.getLogger(__name__)

ENDLESS: Final = "endless"
"""Set on a request's state where the answer lasts until somebody goes away: how long, tells nothing."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: their spans would bury the others."""

_tracer: Final = trace.get_tracer("covid_api")
_propagator: Final = TraceContextTextMapPropagator()


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's X-Request-ID where it is a plain one, else a new id."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def record_headers(request_id: str, actor: str, count: int) -> list[dict[str, str]]:
    """The Kafka headers of each record that a request writes; with the trace context of the current span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    common = {Header.ACTOR: actor}
    if "traceparent" in carrier:
        common[Header.TRACEPARENT] = carrier["traceparent"]
    return [{**common, Header.REQUEST_ID: f"{request_id}:{index}"} for index in range(count)]


class RequestContext:
    """ASGI middleware: an id and a span for each request; it is counted and timed, faults get a 500."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in _UNTRACED:
            await self._answer(scope, receive, send, trace.INVALID_SPAN)
            return
        parent = _propagator.extract(Headers(scope=scope))
        # Where nothing is exported the span only carries the caller's trace context along.
        with _tracer.start_as_current_span(scope["method"], parent, SpanKind.SERVER) as span:
            await self._answer(scope, receive, send, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: trace.Span) -> None:
        request_id = request_id_of(Headers(scope=scope))
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
            if span.is_recording():
                _describe(span, scope, status)


def _describe(span: trace.Span, scope: Scope, status: int) -> None:
    """Name and attributes by OpenTelemetry's semantic conventions for HTTP servers."""
    route = _template(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attribute("http.request.method", scope["method"])
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def _template(scope: Mapping[str, Any]) -> str:
    """The route's path, never the caller's, so that the number of time series stays small."""
    return getattr(scope.get("route"), "path", "unknown")
