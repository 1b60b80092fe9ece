"""What is kept of the verifications that the log tells of.

On a real broker: `tests/integration/api/test_pipeline.py`.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple, cast

import pytest

from covid_api.log_reader import LogReader
from covid_api.problems import Unavailable
from covid_api.telemetry import Telemetry
from covid_api.verifications import Verifications
from covid_core import verified
from covid_core.verified import Verdict, Verified


class Message(NamedTuple):
    at: int
    content: bytes

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return self.content


class Log:
    """A topic of one partition; `asked` is from where it was read."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.asked: list[int] = []
        self.down = False

    def ends(self, topic: str) -> dict[int, int]:
        if self.down:
            raise Unavailable("Kafka", "away")
        return {0: len(self.values)}

    def newest(self, topic: str, starts: dict[int, int], most: int) -> list[Message]:
        self.asked.append(starts.get(0, 0))
        found = [Message(at, value) for at, value in enumerate(self.values) if at >= starts.get(0, 0)]
        return found[::-1]


def one(store: str, verdict: Verdict, differences: int = 0) -> bytes:
    at = dt.datetime(2021, 1, 2, tzinfo=dt.UTC)
    return verified.encode(
        Verified(
            store=store,
            verdict=verdict,
            at=at,
            records={0: 1},
            rows=1,
            differences=differences,
            refused=0,
            seconds=1.0,
        )
    )


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def known(log: Log, telemetry: Telemetry) -> Verifications:
    return Verifications(cast(LogReader, log), telemetry.verified)


def said(known: Verifications) -> list[tuple[str, Verdict]]:
    return [(each.store, each.verdict) for each in known.newest()]


def test_the_newest_word_of_each_store_counts_and_nothing_is_read_twice(
    log: Log, known: Verifications
) -> None:
    assert said(known) == []
    log.values += [one("rds", Verdict.DIFFERENT), one("dynamodb", Verdict.EQUAL), b"?"]
    assert said(known) == [("dynamodb", Verdict.EQUAL), ("rds", Verdict.DIFFERENT)]
    log.values.append(one("rds", Verdict.EQUAL))
    assert said(known) == said(known) == [("dynamodb", Verdict.EQUAL), ("rds", Verdict.EQUAL)]
    assert log.asked == [0, 3]


def test_another_log_knows_nothing_of_what_was_said_in_the_old_one(log: Log, known: Verifications) -> None:
    log.values += [one("rds", Verdict.DIFFERENT), one("s3", Verdict.EQUAL)]
    known.newest()
    log.values = [one("s3", Verdict.LAGGING)]
    assert said(known) == [("s3", Verdict.LAGGING)]


def test_figures_follow_and_go_while_the_log_cannot_be_read(
    log: Log, known: Verifications, telemetry: Telemetry
) -> None:
    def differs() -> float | None:
        labels = {"store": "rds", "verdict": "different"}
        return telemetry.registry.get_sample_value("covid_verified_verdict", labels)

    known.newest()
    assert differs() is None
    log.values.append(one("rds", Verdict.DIFFERENT, differences=3))
    known.newest()
    assert differs() == 1
    count = telemetry.registry.get_sample_value("covid_verified_differences", {"store": "rds"})
    assert count == 3
    log.down = True
    with pytest.raises(Unavailable):
        known.newest()
    assert differs() is None
    log.down = False
    log.values.append(one("rds", Verdict.EQUAL))
    known.newest()
    assert differs() == 0
