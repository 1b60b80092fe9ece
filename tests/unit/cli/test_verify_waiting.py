"""Whom and what `covid verify` waits for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from covid_cli.verify import log, run
from covid_cli.verify.connections import connections
from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.report import Lag
from covid_core import metrics, topics
from covid_core.control import Generation
from covid_core.verified import Verdict

PRESENT = Generation(generation=2, definition=metrics.DEFINITION, partitions=1, topic_id="of this log")
BEFORE = msgspec.structs.replace(PRESENT, generation=1, definition=metrics.DEFINITION - 1)


class Broker:
    """The stream has finished all of the log, and each sink lacks a message."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        pass

    def ends(self, topic: str) -> dict[int, int]:
        return {0: 5}

    def topic_id(self, topic: str) -> str:
        return "of this log"

    def wait(
        self,
        groups: Sequence[str],
        topic: str,
        wanted: Mapping[int, int],
        deadline: float,
        tell: Callable[[str], None],
    ) -> list[Lag]:
        return [Lag(group, topic, 0, 4, 5) for group in groups if group != topics.STREAM_GROUP]


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Positions", Broker)
    monkeypatch.setattr(run, "readers", lambda where, stores: dict.fromkeys(stores))
    begun(monkeypatch, PRESENT)


def begun(monkeypatch: pytest.MonkeyPatch, *generations: Generation) -> None:
    """What `covid.control` names, each time that it is read; the last for good."""
    left = list(generations)
    monkeypatch.setattr(run, "stored", lambda *_: left.pop(0) if len(left) > 1 else left[0])


@pytest.mark.parametrize("suffix", ["", "-green"])
def test_a_sink_is_waited_for_under_the_name_that_its_group_has(suffix: str) -> None:
    where = connections({"COVID_SINK_GROUP_SUFFIX": suffix}, str)
    report = run.verify(where, stores=["rds", "s3"], wait=0)
    assert report.status is Verdict.LAGGING
    assert [lag.group for lag in report.lags] == [f"covid-sink-rds{suffix}", f"covid-sink-s3{suffix}"]


def test_nothing_is_compared_while_the_stream_has_not_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its group has finished the whole log then, as the generation of before."""
    begun(monkeypatch, BEFORE)
    report = run.verify(connections({}, str), stores=["rds"], wait=0)
    assert (report.status, report.exit_code) == (Verdict.LAGGING, 2)
    assert (report.lags, report.stores) == ([], {})
    assert report.outdated is not None
    assert f"definition {BEFORE.definition}, here {PRESENT.definition}" in report.outdated
    assert report.to_json()["outdated"] == report.outdated


def test_the_stream_is_waited_for_until_it_has_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    begun(monkeypatch, BEFORE, PRESENT)
    report = run.verify(connections({}, str), stores=["rds"], wait=2)
    assert report.outdated is None
    assert [lag.group for lag in report.lags] == ["covid-sink-rds"]


class Growing(Broker):
    """Nobody lags, and the log has got a second partition when its end is asked for once more."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._asked = 0

    def ends(self, topic: str) -> dict[int, int]:
        self._asked += topic == topics.RECORDS
        return {0: 5, 1: 2} if self._asked > 1 and topic == topics.RECORDS else {0: 5}

    def wait(self, *_: Any) -> list[Lag]:
        return []


class Store:
    """Holds a row that the empty log knows nothing of, so that there is something to read again."""

    def read(self, *_: Any) -> pa.Table:
        row = {"source": "phac", "region": "CA-ON", "date": dt.date(2021, 1, 2), "deleted": False}
        return pa.Table.from_pylist([row], schema=EXPECTED_SCHEMA)


def test_the_log_is_read_by_the_partitions_of_one_generation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that was at home before may not be now, and the other way round."""
    begun(monkeypatch, PRESENT, msgspec.structs.replace(PRESENT, generation=3, partitions=2))
    read: list[tuple[dict[int, int], dict[int, int]]] = []

    def messages(_: Any, topic: str, start: dict[int, int], end: dict[int, int]) -> list[Any]:
        read.append((dict(start), dict(end)))
        return []

    monkeypatch.setattr(run, "Positions", Growing)
    monkeypatch.setattr(run, "readers", lambda where, stores: {name: Store() for name in stores})
    monkeypatch.setattr(run, "refused_rows", lambda *_: EXPECTED_SCHEMA.empty_table())
    monkeypatch.setattr(log, "messages", messages)
    report = run.verify(connections({}, str), stores=["rds"], wait=5)
    assert (report.status, report.rounds) == (Verdict.DIFFERENT, 2)
    assert read == [({}, {0: 5}), ({}, {0: 5, 1: 2})]
