"""Traces of requests: FastAPI makes the spans, and what a request writes carries its trace along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: their spans would bury the others."""

TELEMETRY: Final[TelemetryConfig] = {
    # One span a request; figures and log are the service's own, and __main__ says where spans go.
    "operation_spans": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
    "exclude": lambda scope: scope["path"] in _UNTRACED,
}

_propagator: Final = TraceContextTextMapPropagator()


@contextmanager
def joined(headers: Mapping[str, str]) -> Iterator[None]:
    """Let the body belong to the caller's trace where no span of ours does: nothing is exported then."""
    if trace.get_current_span().get_span_context().is_valid:
        yield
        return
    token = context.attach(_propagator.extract(headers))
    try:
        yield
    finally:
        context.detach(token)


def traceparent() -> str | None:
    """The trace context at hand, as W3C writes it."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")
