"""What is sent for a dead letter: the refused message, no newer than it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from covid_cli.dlq import replay
from covid_cli.dlq.letters import Standing
from covid_cli.dlq.replay import CannotReplay, again
from covid_core import dlq, topics
from covid_core.records import decode
from covid_process.topic import BrokerSilent

RECEIVED = dt.datetime(2026, 11, 1, 8, 30, 0, 123_000, tzinfo=dt.UTC)
REFUSED = RECEIVED + dt.timedelta(seconds=4)
REPLAYED = RECEIVED + dt.timedelta(days=20)
ORIGIN = dlq.LogOrigin(topics.RECORDS, 1, 1634)
BARE = b'{"source":"phac","region":"CA-ON","date":"2026-11-01","confirmed":9}'
FILLED = BARE[:-1] + b',"reported_at":"2026-11-01T08:30:00.123000Z"}'
OWN = BARE[:-1] + b',"reported_at":"2026-10-31T23:59:59Z"}'


class Logged:
    """A message as the broker has it."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def key(self) -> bytes:
        return b"CA-ON"

    def value(self) -> bytes:
        return self._value

    def headers(self) -> list[tuple[str, bytes]]:
        return [("actor", b"somebody")]

    def timestamp(self) -> tuple[int, int]:
        return 2, 1_793_521_800_123


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What stands at `ORIGIN`; empty: the log does not reach so far."""
    there: list[bytes] = []

    def messages(*_: Any) -> Iterator[Logged]:
        if not there:
            raise BrokerSilent
        yield from map(Logged, there)

    monkeypatch.setattr(replay, "messages", messages)
    return there


def standing(value: bytes, origin: dlq.Origin = ORIGIN) -> Standing:
    return Standing(dlq.letter("future", "dated later", origin, value), REFUSED)


def test_a_record_without_a_moment_of_its_own_gets_that_of_its_arrival(log: list[bytes]) -> None:
    log.append(BARE)
    sent = again({}, standing(BARE))
    assert (sent.topic, sent.key, sent.value) == (topics.RECORDS, b"CA-ON", FILLED)
    assert sent.headers == [("actor", b"somebody")]
    assert sent.value is not None
    # As the stream would have read it had it not refused it, and as it reads it now.
    assert decode(sent.value, REPLAYED) == decode(BARE, RECEIVED)


@pytest.mark.parametrize("value", [OWN, b"no JSON", b'["a","list"]', b""])
def test_anything_else_is_sent_byte_for_byte(log: list[bytes], value: bytes) -> None:
    log.append(value)
    assert again({}, standing(value)).value == value


def test_without_the_log_the_letters_moment_is_the_nearest(log: list[bytes]) -> None:
    sent = again({}, standing(BARE))
    assert sent.key is None
    assert sent.value is not None
    assert decode(sent.value, REPLAYED).reported_at == REFUSED
    assert again({}, standing(OWN)).value == OWN


def test_another_log_has_something_else_there(log: list[bytes]) -> None:
    log.append(OWN)
    sent = again({}, standing(BARE))
    assert sent.value is not None
    assert decode(sent.value, REPLAYED).reported_at == REFUSED


def test_a_message_of_another_topic_is_no_record(log: list[bytes]) -> None:
    log.append(BARE)
    assert again({}, standing(BARE, dlq.LogOrigin(topics.METRICS, 1, 7))).value == BARE


def test_what_is_no_letter_cannot_be_sent() -> None:
    with pytest.raises(CannotReplay, match="not a letter"):
        again({}, Standing(None, REFUSED))
