"""How old in the log a store's rows are when it has them."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core import messages, topics
from covid_core.rows import Row
from covid_sinks.contract import Message
from covid_sinks.counters import Counters
from covid_sinks.handlers import MetricsHandler
from covid_sinks.refusals import Refusals
from tests.contract.test_memory import MemorySink

NOW = 1_700_000_000.0
ROW = Row(source="phac", region="CA", date=dt.date(2021, 1, 1), confirmed=1, revision=1)


def seconds(*headers: tuple[str, bytes]) -> tuple[float | None, float | None]:
    """How many messages were timed, and the sum of their ages."""
    counters = Counters("memory")
    handler = MetricsHandler(MemorySink({}), counters, Refusals(0.5, lambda held: None), now=lambda: NOW)
    handler.open()
    (value,) = messages.encode([ROW])
    handler.handle([Message(topics.METRICS, 0, 0, 0, b"CA", value, headers)])
    count, total = (
        counters.registry.get_sample_value(f"covid_sink_freshness_seconds_{part}", {"sink": "memory"})
        for part in ("count", "sum")
    )
    return count, total


def published(before: float) -> tuple[str, bytes]:
    return topics.Header.PUBLISHED, str(int((NOW - before) * 1000)).encode()


def test_the_age_of_a_message_is_that_of_its_oldest_record() -> None:
    assert seconds(published(2.5)) == (1, 2.5)


def test_a_clock_ahead_of_the_brokers_makes_no_negative_age() -> None:
    assert seconds(published(-3)) == (1, 0)


@pytest.mark.parametrize("headers", [(), ((topics.Header.PUBLISHED, b"yesterday"),)])
def test_what_says_no_time_is_not_timed(headers: tuple[tuple[str, bytes], ...]) -> None:
    assert seconds(*headers) == (None, None)


def test_a_repair_is_not_timed() -> None:
    assert seconds(published(2.5), (topics.Header.REPAIR, b"1")) == (None, None)
