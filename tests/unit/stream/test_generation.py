"""How a generation begins, on a broker that only notes what it is told."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from covid_core import metrics, topics
from covid_core.control import Generation, decode_generation
from covid_stream.generation import Control

PRESENT = Generation(generation=3, definition=metrics.DEFINITION, partitions=2, topic_id="of this log")


def answered(value: Any) -> Future[Any]:
    answer: Future[Any] = Future()
    answer.set_result(value)
    return answer


class Broker(Control):
    """Has a log of two partitions, and a generation that was stored before."""

    def __init__(self, stored: Generation | None) -> None:
        self.told: list[Any] = []
        self._was = stored
        super().__init__({"bootstrap.servers": "127.0.0.1:1"})

    def client(self) -> Any:
        log = SimpleNamespace(partitions=[0, 1], topic_id="of this log")
        return SimpleNamespace(
            describe_topics=lambda asked: {topics.RECORDS: answered(log)},
            alter_consumer_group_offsets=self._committed,
        )

    def _committed(self, groups: list[Any]) -> dict[str, Future[Any]]:
        (group,) = groups
        self.told.append({place.partition: place.offset for place in group.topic_partitions})
        return {group.group_id: answered(None)}

    def _stored(self) -> Generation | None:
        return self._was

    def _publish(self, key: bytes, value: bytes) -> None:
        self.told.append(decode_generation(value))


@pytest.mark.parametrize(
    "before",
    [{"definition": metrics.DEFINITION - 1}, {"partitions": 1}, {"topic_id": "of another log"}],
)
def test_nothing_is_finished_of_a_generation_that_is_published(before: dict[str, Any]) -> None:
    """Else who reads of it would find that the one before has come to the end of the log."""
    broker = Broker(msgspec.structs.replace(PRESENT, **before))
    begun = broker.settle()
    assert begun == msgspec.structs.replace(PRESENT, generation=4)
    assert broker.told == [{0: 0, 1: 0}, begun]


def test_a_generation_that_goes_on_keeps_what_it_has_finished() -> None:
    broker = Broker(PRESENT)
    assert broker.settle() == PRESENT
    assert broker.told == []


def test_the_first_generation_has_nothing_to_take_back() -> None:
    broker = Broker(None)
    assert broker.told == []
    assert broker.settle().generation == 1
    assert [one.generation for one in broker.told] == [1]
