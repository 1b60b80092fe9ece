"""Where spans go: by OTLP to what OpenTelemetry's own variables name, or nowhere.

Code below a composition root makes spans by OpenTelemetry's API alone. Without an exporter those are no-ops
that still carry a caller's trace context along, for the log and for Kafka's headers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from opentelemetry import trace

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The SDK reads these, and all its others, itself: https://opentelemetry.io/docs/specs/otel/protocol/exporter/"""

LAST_SECONDS: Final = 2.0
"""How long the last spans may hold up a process that ends; the SDK's own 30 s are more than it is given."""


def _nothing() -> None:
    pass


def configure(service: str, environ: Mapping[str, str]) -> Callable[[], None]:
    """Export this process's spans where an endpoint is set; what is returned sends the last ones.

    `service` is the spans' `service.name` unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES says another.
    Spans are sent by a thread of its own: whoever makes one never waits, and a collector that is down costs
    nothing but its spans. Without an endpoint the SDK is not even loaded.
    """
    if not any(environ.get(name) for name in ENDPOINTS):
        return _nothing
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": service}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

    def end() -> None:
        last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(LAST_SECONDS)

    return end
