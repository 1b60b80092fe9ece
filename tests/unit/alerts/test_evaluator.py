"""The evaluator over messages in memory: when it tells, and that it tells once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from covid_alerts.counters import Counters
from covid_alerts.evaluator import Evaluator
from covid_core import control, messages, topics
from covid_core.alerts.alert import Alert, State
from covid_core.alerts.known import Known
from covid_core.alerts.rules import Change, Comparison, Correction, Rule, Threshold
from covid_core.control import Drained, Generation
from covid_core.partitioning import partition_of
from covid_core.records import Record
from covid_core.rows import Row

HIGH = Threshold(name="high", regions=("CA-ON",), metric="confirmed", comparison=Comparison.ABOVE, value=10.0)
RESTATED = Correction(
    name="restated", regions=("CA-ON",), source="phac", metric="confirmed", of=Change.RESTATEMENT, size=5
)
DAY = dt.date(2021, 12, 20)
PARTITIONS = 4
NAME = f"high:CA-ON:{DAY}"


class Message:
    """What is asked of a message of Kafka."""

    def __init__(
        self, topic: str, value: bytes, key: bytes = b"", partition: int = 0, offset: int = 0
    ) -> None:
        self._told = topic, value, key, partition, offset

    def topic(self) -> str:
        return self._told[0]

    def value(self) -> bytes:
        return self._told[1]

    def key(self) -> bytes:
        return self._told[2]

    def partition(self) -> int:
        return self._told[3]

    def offset(self) -> int:
        return self._told[4]

    def timestamp(self) -> tuple[int, int]:
        return 2, int(dt.datetime(2022, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)


class Memory:
    """A log: what is to be read, and what was told."""

    def __init__(self) -> None:
        self.caught_up = True
        self.positions: dict[tuple[str, int], int] = {}
        self.waiting: list[Any] = []
        self.told: list[Mapping[str, Alert | None]] = []
        self.commits = 0

    def partitions(self, topic: str) -> int:
        return PARTITIONS

    def read(self) -> list[Any]:
        read, self.waiting = self.waiting, []
        return read

    def tell(self, changed: Mapping[str, Alert | None]) -> None:
        self.told.append(dict(changed))

    def commit(self) -> None:
        self.commits += 1


def rows(confirmed: int, revision: int = 1, generation: int = 1) -> Message:
    (value,) = messages.encode(
        [Row("merged", "CA-ON", DAY, confirmed, revision=revision, generation=generation)]
    )
    return Message(topics.METRICS, value)


def began(generation: int) -> Message:
    message = Generation(generation=generation, definition=1, partitions=4, topic_id="t")
    return Message(topics.CONTROL, control.encode(message), control.GENERATION)


def drained(generation: int, end: int) -> Message:
    message = Drained(generation=generation, metrics_end={0: end})
    return Message(topics.CONTROL, control.encode(message), control.DRAINED)


class World:
    def __init__(self, rules: Sequence[Rule] = (HIGH,), told: dict[str, Alert] | None = None) -> None:
        self.log, self.counters = Memory(), Counters()
        self.seconds = 0.0
        self.evaluator = Evaluator(self.log, Known(rules), told or {}, self.counters, lambda: self.seconds)

    def step(self, *read: Message) -> list[tuple[str, State | None]]:
        """What is told once these have come, and no more."""
        self.log.waiting, self.log.told = list(read), []
        self.evaluator.step()
        self.evaluator.step()
        return self.told()

    def told(self) -> list[tuple[str, State | None]]:
        return [(name, one.state if one else None) for told in self.log.told for name, one in told.items()]

    def figure(self, name: str, **labels: str) -> float | None:
        return self.counters.registry.get_sample_value(name, labels)


def test_an_alert_is_told_once_whatever_comes_again() -> None:
    world = World()
    assert world.step(rows(11)) == [(NAME, State.ACTIVE)]
    assert world.step(rows(11)) == []
    assert world.step() == []
    assert world.step(rows(9, revision=2)) == [(NAME, State.WITHDRAWN)]
    assert world.log.commits == 3
    assert world.figure("covid_alerts_events_total", event="raised") == 1
    assert world.figure("covid_alerts_events_total", event="withdrawn") == 1
    assert world.figure("covid_alerts_active", severity="warning") == 0


def test_rows_that_come_without_a_pause_are_told_of_every_few_seconds() -> None:
    world = World()
    for second, expected in enumerate(([], [], [(NAME, State.ACTIVE)], [])):
        world.seconds = second
        world.log.waiting, world.log.told = [rows(11 + second, revision=second + 1)], []
        world.evaluator.step()
        assert world.told() == expected
    assert world.log.commits == 1


def test_before_everything_was_read_nothing_is_told_and_nothing_withdrawn() -> None:
    first = World()
    first.step(rows(11))
    told = {name: one for each in first.log.told for name, one in each.items() if one}
    again = World(told=dict(told))
    again.log.caught_up = False
    assert again.step() == []
    assert not again.evaluator.ready
    assert again.step(rows(11)) == []
    again.log.caught_up = True
    assert again.step() == [], "a restart tells nothing that stands already"
    assert again.figure("covid_alerts_active", severity="warning") == 1


def test_alerts_of_a_rule_that_is_no_more_are_removed() -> None:
    first = World()
    first.step(rows(11))
    told = {name: one for each in first.log.told for name, one in each.items() if one}
    renamed = msgspec.structs.replace(HIGH, name="higher")
    assert World([renamed], told).step(rows(11)) == [(f"higher:CA-ON:{DAY}", State.ACTIVE), (NAME, None)]


def test_a_later_generation_is_told_of_once_it_has_drained() -> None:
    world = World()
    assert world.step(began(1), rows(11)) == [(NAME, State.ACTIVE)]
    # The log is read anew: an early report says less, the last one the same as before.
    assert world.step(began(2), rows(1, generation=2)) == []
    assert world.step(rows(12, revision=2, generation=2)) == []
    assert world.step(drained(2, end=3)) == [], "its end was not read yet"
    world.log.positions[topics.METRICS, 0] = 3
    assert world.step(rows(12, revision=2, generation=2)) == [(NAME, State.ACTIVE)]
    assert [one.value for told in world.log.told for one in told.values() if one] == [12]


def test_rows_that_the_later_generation_has_not_are_gone_with_it() -> None:
    world = World()
    world.step(rows(11))
    assert world.step(began(2), drained(2, end=0)) == [(NAME, State.WITHDRAWN)]


@pytest.mark.parametrize("displaced", [False, True])
def test_reports_count_in_their_regions_own_partition(displaced: bool) -> None:
    world = World([RESTATED])
    partition = (partition_of("CA-ON", PARTITIONS) + displaced) % PARTITIONS
    read = [
        Message(
            topics.RECORDS,
            msgspec.json.encode(
                Record(
                    source="phac", region="CA-ON", date=DAY, confirmed=number,
                    reported_at=dt.datetime.combine(DAY, dt.time(offset), dt.UTC),
                )
            ),
            partition=partition,
            offset=offset,
        )
        for offset, number in enumerate((10, 30))
    ]  # fmt: skip
    (value,) = messages.encode([Row("phac", "CA-ON", DAY, 30, revision=2)])
    told = world.step(*read, Message(topics.METRICS, value))
    assert told == ([] if displaced else [(f"restated:CA-ON:{DAY}", State.ACTIVE)])


def test_what_is_no_message_costs_itself_only() -> None:
    world = World()
    bad = [Message(topic, b"{") for topic in (topics.METRICS, topics.RECORDS)]
    assert world.step(*bad, Message(topics.CONTROL, b"{", control.DRAINED), rows(11)) == [
        (NAME, State.ACTIVE)
    ]
