"""What a sink tells who looks after it: spans in the traces of requests, and a log that programs read."""

from __future__ import annotations

import json

import pytest

from covid_core import messages, topics
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import expected, rows_of
from tests.integration.sinks.world import World
from tests.observability.collector import collector

pytestmark = pytest.mark.integration

CONTEXTS = [f"00-{n:032x}-{n:016x}-01" for n in (1, 2)]


def test_a_sink_has_a_span_in_every_trace_and_speaks_json(world: World, run: Run, source: str) -> None:
    rows = rows_of(source, 1)
    headers = [(topics.Header.TRACEPARENT, context.encode()) for context in CONTEXTS]
    with collector() as receiver:
        process = run("rds", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, COVID_LOG_FORMAT="json")
        until(lambda: "consuming" in process.log, "start", process)
        (value,) = messages.encode(rows)
        world.producer.produce(topics.METRICS, value, rows[0].region, headers=headers)
        until(lambda: world.revisions("rds", source) == expected(rows), "rows", process)
        assert process.stop()[0] == 0
    found = [(span.trace, span.parent) for span in receiver.spans]
    assert sorted(found) == [tuple(context.split("-")[1:3]) for context in CONTEXTS]
    for span in receiver.spans:
        assert (span.service, span.name) == ("covid-sink-rds", "process covid.metrics")
    entries = [json.loads(line) for line in process.log.splitlines()]
    assert {entry["service.name"] for entry in entries} == {"covid-sink-rds"}
    assert "stores are open" in {entry["body"] for entry in entries}
