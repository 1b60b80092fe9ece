"""Reading by hand-assigned partitions must not pass over those that are added."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from covid_alerts import log as module
from covid_alerts.log import Log, OtherPartitions
from covid_core import topics


class Consumer:
    """Of a broker whose topics have so many partitions; none: it does not answer."""

    partitions: int | None = 4

    def list_topics(self, timeout: float) -> Any:
        if self.partitions is None:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        one = SimpleNamespace(partitions=dict.fromkeys(range(self.partitions)))
        return SimpleNamespace(topics={topics.METRICS: one})

    def assign(self, places: object) -> None:
        """Nothing."""

    def consume(self, count: int, seconds: float) -> list[object]:
        return []


def test_partitions_that_are_added_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHECK_SECONDS", 0.0)
    broker = Consumer()
    # Real clients would go on looking for a broker until they are collected, in the output of other tests.
    monkeypatch.setattr(module, "Consumer", lambda settings: broker)
    monkeypatch.setattr(module, "Producer", lambda settings: None)
    log = Log({}, [topics.METRICS])
    log.begin()
    assert log.read() == []
    broker.partitions = None
    assert log.read() == []
    broker.partitions = 5
    with pytest.raises(OtherPartitions, match=r"covid\.metrics has a partition 4 now"):
        log.read()
