"""Spans of what a sink does with a batch: one in the trace of each request that the batch comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

from covid_core.topics import Header
from covid_sinks.contract import Message

_tracer: Final = trace.get_tracer("covid_sinks")
_propagator: Final = TraceContextTextMapPropagator()


@contextmanager
def traced(group: str, topic: str, batch: Sequence[Message]) -> Iterator[None]:
    """Span the body, from before the first attempt until the store has the batch or the body fails.

    Messages without a trace context, which nearly all are, cost nothing. Log lines of the body have the trace
    of the newest request.
    """
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.consumer.group.name": group,
        "messaging.batch.message_count": len(batch),
    }
    with ExitStack() as spans:
        for each in traceparents(batch):
            context = _propagator.extract({Header.TRACEPARENT: each})
            span = _tracer.start_span(f"process {topic}", context, SpanKind.CONSUMER, attributes)
            spans.enter_context(trace.use_span(span, end_on_exit=True))
        yield


def traceparents(batch: Sequence[Message]) -> list[str]:
    """The distinct trace contexts of a batch, in order. A message may have several: its rows are of many."""
    found = dict.fromkeys(
        value
        for message in batch
        for name, value in message.headers
        if name == Header.TRACEPARENT and value is not None
    )
    return [value.decode("ascii", "replace") for value in found]
