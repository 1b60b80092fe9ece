"""The figures of a consumer group, from what the broker says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from confluent_kafka import KafkaError, KafkaException
from prometheus_client import CollectorRegistry

from covid_process.lag import Broker, Lag, Place

GROUP, TOPIC, LETTERS = "covid-test", "covid.metrics", "covid.metrics.dlq"


class Fake:
    """A broker whose offsets a test sets."""

    def __init__(self) -> None:
        self.end = {(TOPIC, 0): 100, (TOPIC, 1): 7, (LETTERS, 0): 3}
        self.done = {(TOPIC, 0): 60}
        self.away = False

    def places(self, topics: Sequence[str]) -> list[Place]:
        self._answer()
        return [place for place in self.end if place[0] in topics]

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        self._answer()
        return {place: self.done.get(place, 0) for place in places}

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        self._answer()
        return {place: self.end[place] for place in places}

    def _answer(self) -> None:
        if self.away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.fixture
def broker() -> Fake:
    return Fake()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def lag(broker: Fake, registry: CollectorRegistry) -> Lag:
    return Lag(broker, GROUP, [TOPIC], [LETTERS], registry)


def figures(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """Value by metric and partition, or topic where there is no partition."""
    return {
        (
            sample.name.removeprefix("covid_"),
            sample.labels.get("partition", sample.labels["topic"]),
        ): sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


def test_lag_by_partition(lag: Lag, registry: CollectorRegistry) -> None:
    lag.measure()
    assert figures(registry) == {
        ("consumer_lag_messages", "0"): 40,
        ("consumer_lag_messages", "1"): 7,  # nothing is committed: all of it
        ("consumer_committed_offset", "0"): 60,
        ("consumer_committed_offset", "1"): 0,
        ("dead_letter_messages", LETTERS): 3,
    }


def test_a_topic_that_was_made_anew_is_not_negative(
    lag: Lag, broker: Fake, registry: CollectorRegistry
) -> None:
    broker.end[(TOPIC, 0)] = 5
    lag.measure()
    assert figures(registry)["consumer_lag_messages", "0"] == 0


def test_no_figures_while_the_broker_is_silent(
    lag: Lag, broker: Fake, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    lag.measure()
    broker.away = True
    lag.measure()
    lag.measure()
    assert figures(registry) == {}
    assert len(caplog.records) == 1
    broker.away, broker.done = False, {(TOPIC, 0): 100, (TOPIC, 1): 7}
    lag.measure()
    assert figures(registry)["consumer_lag_messages", "0"] == 0


def test_a_broker_that_is_not_there_is_one_that_is_silent() -> None:
    registry = CollectorRegistry()
    broker = Broker({"bootstrap.servers": "127.0.0.1:1"}, GROUP, timeout=0.2)
    Lag(broker, GROUP, [TOPIC], registry=registry).measure()
    assert figures(registry) == {}
