"""Which rows are of the generation that applies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple, cast

import pytest
from confluent_kafka import TopicPartition

from covid_api import generations as asking
from covid_api.generations import Generations
from covid_api.log_reader import LogReader
from covid_api.problems import Unavailable
from covid_core import control, topics

PARTITIONS = 4


class Message(NamedTuple):
    name: bytes
    content: bytes | None

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes | None:
        return self.content


class Log:
    """`covid.control`, and how many partitions `covid.records` has.

    `asked`: from where it was read each time, -1 where nothing had come.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.count = PARTITIONS
        self.asked: list[int] = []
        self.down = False

    def publish(self, generation: int, partitions: int = PARTITIONS) -> None:
        made = control.Generation(
            generation=generation, definition=1, partitions=partitions, topic_id="of the log"
        )
        self.messages.append(Message(control.GENERATION, control.encode(made)))

    def ends(self, topic: str) -> dict[int, int]:
        assert topic == topics.CONTROL
        if self.down:
            raise Unavailable("Kafka", "away")
        self.asked.append(-1)
        return {0: len(self.messages)}

    def partitions(self, topic: str) -> int:
        assert topic == topics.RECORDS
        return self.count

    def between(self, start: TopicPartition, end: int) -> Iterator[Message]:
        self.asked[-1] = start.offset
        yield from self.messages[start.offset : end]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def generations(log: Log, monkeypatch: pytest.MonkeyPatch) -> Generations:
    monkeypatch.setattr(asking, "EVERY_SECONDS", 0.0)
    return Generations(cast(LogReader, log))


def covers(generations: Generations, *asked: int) -> list[bool]:
    async def ask() -> list[bool]:
        return [await generations.covers(generation) for generation in asked]

    return asyncio.run(ask())


def test_rows_of_the_published_generation_count_and_older_ones_do_not(
    log: Log, generations: Generations
) -> None:
    log.publish(1)
    log.publish(2)
    log.messages.append(Message(control.DRAINED, b"of a generation that is through"))
    assert covers(generations, 1, 2, 3) == [False, True, True]


def test_without_a_generation_no_row_counts(log: Log, generations: Generations) -> None:
    assert covers(generations, 1) == [False]
    log.publish(1)
    assert covers(generations, 1) == [True]


def test_one_that_is_published_meanwhile_is_seen_at_once(log: Log, generations: Generations) -> None:
    log.publish(1)
    assert covers(generations, 1) == [True]
    log.publish(2)
    assert covers(generations, 1) == [False]
    assert log.asked == [0, 1], "what was read is not read again"


def test_more_partitions_are_a_generation_that_is_not_published_yet(
    log: Log, generations: Generations
) -> None:
    log.publish(1)
    log.count += 1
    assert covers(generations, 1) == [False]
    log.publish(2, partitions=log.count)
    assert covers(generations, 1, 2) == [False, True]


def test_another_topic_of_the_name_is_read_from_its_start(log: Log, generations: Generations) -> None:
    log.publish(6)
    log.publish(7)
    assert covers(generations, 7) == [True]
    log.messages.clear()
    assert covers(generations, 7) == [False]
    log.publish(1)
    assert covers(generations, 1) == [True]


def test_while_kafka_is_away_no_row_counts(log: Log, generations: Generations) -> None:
    log.publish(1)
    assert covers(generations, 1) == [True]
    log.down = True
    assert covers(generations, 1) == [False]
    log.down = False
    assert covers(generations, 1) == [True]


def test_what_is_no_generation_is_passed_over(log: Log, generations: Generations) -> None:
    log.publish(1)
    log.messages += [Message(control.GENERATION, b"{"), Message(control.GENERATION, None)]
    assert covers(generations, 1) == [True]


def test_many_who_wait_for_a_later_generation_ask_seldom(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "EVERY_SECONDS", 60.0)
    log.publish(2)
    assert covers(Generations(cast(LogReader, log)), *[1] * 50) == [False] * 50
    assert len(log.asked) == 1
