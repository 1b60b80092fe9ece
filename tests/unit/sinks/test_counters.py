"""What a sink shows of itself."""

from __future__ import annotations

from covid_sinks.contract import WriteReport
from covid_sinks.counters import Counters


def value(counters: Counters, name: str, **labels: str) -> float | None:
    return counters.registry.get_sample_value(name, {"sink": "rds", **labels})


def test_what_alerts_watch_starts_at_zero() -> None:
    counters = Counters("rds")
    assert value(counters, "covid_sink_dead_letters_total") == 0
    assert value(counters, "covid_sink_rows_total", outcome="applied") == 0


def test_counts() -> None:
    counters = Counters("rds")
    counters.written(WriteReport(applied=5, stale=2))
    counters.refused(3)
    assert value(counters, "covid_sink_rows_total", outcome="applied") == 5
    assert value(counters, "covid_sink_rows_total", outcome="stale") == 2
    assert value(counters, "covid_sink_dead_letters_total") == 3


def test_a_call_that_is_tried_again_until_the_store_is_back() -> None:
    counters, topic = Counters("rds"), "covid.metrics"
    for failures in range(3):
        counters.trying(topic, failures, down=failures >= 2)
    assert value(counters, "covid_sink_retries_total", topic=topic) == 2
    assert value(counters, "covid_sink_failures_in_a_row", topic=topic) == 2
    assert value(counters, "covid_sink_circuit_breaker_open", topic=topic) == 1
    counters.taken(topic)
    assert value(counters, "covid_sink_retries_total", topic=topic) == 2
    assert value(counters, "covid_sink_failures_in_a_row", topic=topic) == 0
    assert value(counters, "covid_sink_circuit_breaker_open", topic=topic) == 0


def test_the_process_is_shown_too() -> None:
    names = {metric.name for metric in Counters("rds").registry.collect()}
    assert {"python_info", "process_resident_memory_bytes"} <= names
