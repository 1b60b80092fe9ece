"""A request can be followed from the API through the log into a store, where a collector is named."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

from covid_process.tracing import LAST_SECONDS
from tests.observability.collector import Span, collector
from tests.observability.conftest import REPOSITORY
from tests.observability.traced import CALLER, OTHER

SERVER, CONSUMER = 2, 5
"""https://github.com/open-telemetry/opentelemetry-proto: Span.SpanKind"""


def run(how: str, **environment: str) -> dict[str, Any]:
    """The Kafka headers of the record, and whether the SDK was loaded."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.observability.traced", how],
        cwd=REPOSITORY,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(json.loads(done.stdout))


def spans(how: str, **environment: str) -> tuple[dict[str, Any], list[Span]]:
    with collector() as receiver:
        headers = run(how, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **environment)
    return headers, receiver.spans


def test_a_request_is_one_trace_from_its_caller_to_the_store() -> None:
    headers, (request, others, written) = spans("well")
    _, trace, caller, flags = CALLER.split("-")
    assert request[:7] == ("covid-api", "POST /v1/records", trace, request.id, caller, SERVER, False)
    assert request.attributes["http.response.status_code"] == 202
    assert headers["traceparent"] == f"00-{trace}-{request.id}-{flags}"
    assert written.trace == trace and written.parent == request.id
    assert (written.name, written.kind, written.failed) == ("process covid.metrics", CONSUMER, False)
    assert written.attributes["messaging.consumer.group.name"] == "covid-sink-rds"
    assert [others.trace, others.parent] == OTHER.split("-")[1:3]
    assert written.attributes["messaging.batch.message_count"] == 3


def test_faults_are_marked_and_the_name_of_a_service_is_the_operators() -> None:
    _, (request, others, written) = spans("badly", OTEL_SERVICE_NAME="green")
    assert request.failed and request.attributes["http.response.status_code"] == 500
    assert written.failed and others.failed
    assert {request.service, written.service} == {"green"}


def test_what_the_caller_does_not_sample_is_not_sent() -> None:
    headers, found = spans("well", CALLER=CALLER[:-2] + "00")
    assert [span.trace for span in found] == [OTHER.split("-")[1]]
    assert headers["traceparent"].endswith("-00")


def test_without_a_collector_the_context_travels_and_nothing_is_loaded() -> None:
    answer = run("well", OTEL_EXPORTER_OTLP_ENDPOINT="")
    assert answer["traceparent"] == CALLER
    assert answer["sdk"] is False


def test_a_collector_that_never_answers_costs_its_spans_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = run("well", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert answer["traceparent"].startswith(CALLER[:36])
    assert answer["seconds"] < 2 * LAST_SECONDS
