"""`covid dlq` on the real broker: letters are looked at, replayed and dropped."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from covid_cli.verify.positions import Positions
from covid_core import dlq, topics
from covid_process.topic import messages
from tests.conftest import Servers

pytestmark = pytest.mark.integration

Run = Callable[..., subprocess.CompletedProcess[str]]

REASON = "source '[/b]' is no slug"
"""Reasons quote what was sent, whatever it is to a terminal."""


@pytest.fixture
def covid(stack: Servers) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "covid_cli", "dlq", *arguments]
        environ = {**os.environ, **stack.settings}
        return subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=60, check=False)

    return run


class Letters:
    """Messages and letters of a code that no other test uses."""

    def __init__(self, stack: Servers) -> None:
        self.code = f"test_{uuid.uuid4().hex[:10]}"
        self.connection = {"bootstrap.servers": stack.kafka_bootstrap, "log_level": 0}
        self._producer = Producer(self.connection)

    def message(self, value: bytes) -> dlq.LogOrigin:
        """Put something into the log."""
        placed: list[Message] = []
        self._producer.produce(
            topics.RECORDS, value, b"CA-ON", headers={"actor": b"somebody"}, partition=1,
            on_delivery=lambda error, message: placed.append(message),
        )  # fmt: skip
        assert self._producer.flush(20) == 0
        return dlq.LogOrigin(topics.RECORDS, 1, int(placed[0].offset() or 0))

    def letter(self, origin: dlq.Origin, raw: bytes) -> str:
        """Write a letter, twice, as happens; its id."""
        letter = dlq.letter(self.code, REASON, origin, raw)
        for _ in range(2):
            self._producer.produce(topics.RECORDS_DLQ, dlq.encode(letter), dlq.key(letter))
        assert self._producer.flush(20) == 0
        return origin.id

    def ends(self) -> dict[int, int]:
        return Positions(self.connection).ends(topics.RECORDS)

    def since(self, before: dict[int, int]) -> list[Message]:
        return list(messages(self.connection, topics.RECORDS, before, self.ends()))


@pytest.fixture
def letters(stack: Servers) -> Letters:
    return Letters(stack)


def listed(covid: Run, letters: Letters) -> list[dict[str, Any]]:
    done = covid("list", "--reason", letters.code, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_replayed_it_is_the_same_message_and_stands_no_longer(covid: Run, letters: Letters) -> None:
    # More than a letter carries: the rest is in the log.
    value = b'{"note": "' + b"x" * (dlq.MAX_RAW + 10) + b'", "reported_at": "2021-01-03T12:00:00Z"}'
    origin = letters.letter(letters.message(value), value)
    (found,) = listed(covid, letters)
    assert "'[/b]'" in covid("list", "--reason", letters.code).stdout
    assert (found["id"], found["code"], found["length"]) == (origin, letters.code, len(value))
    before = letters.ends()
    asked = covid("replay", origin, "--dry-run", "--json")
    assert json.loads(asked.stdout) == {"done": False, "replayed": [origin], "left": []}, asked.stderr
    dry = covid("replay", origin, "--dry-run")
    assert dry.stdout == "not done (--dry-run): 1 of 1 letters replayed\n", dry.stderr
    assert letters.ends() == before
    done = covid("replay", origin)
    assert (done.returncode, done.stdout) == (0, "1 of 1 letters replayed\n"), done.stderr
    (again,) = letters.since(before)
    assert (again.key(), again.value(), again.headers()) == (b"CA-ON", value, [("actor", b"somebody")])
    assert listed(covid, letters) == []
    twice = covid("replay", origin)
    assert twice.returncode == 1
    assert f"No letter {origin} stands on covid.records.dlq" in twice.stderr
    assert letters.since(letters.ends()) == []


def test_replayed_a_record_is_no_newer_than_it_was(covid: Run, letters: Letters) -> None:
    value = b'{"source": "my-lab", "region": "Nunavut", "date": "2021-01-03", "confirmed": 9}'
    before = letters.ends()
    origin = letters.letter(letters.message(value), value)
    first = next(message for message in letters.since(before) if message.value() == value)
    received = dt.datetime.fromtimestamp(first.timestamp()[1] / 1000, dt.UTC)
    before = letters.ends()
    done = covid("replay", origin)
    assert (done.returncode, done.stdout) == (0, "1 of 1 letters replayed\n"), done.stderr
    (again,) = letters.since(before)
    sent = json.loads(again.value() or b"")
    assert dt.datetime.fromisoformat(sent.pop("reported_at")) == received
    assert sent == json.loads(value)
    assert (again.key(), again.headers()) == (b"CA-ON", [("actor", b"somebody")])


def test_what_stood_in_a_file_is_dropped_not_replayed(covid: Run, letters: Letters) -> None:
    origin = letters.letter(dlq.FileOrigin("covid19-download.csv", "0" * 64, 7, letters.code), b"1,2,x")
    other = letters.letter(letters.message(b"no JSON"), b"no JSON")
    done = covid("replay", "--reason", letters.code)
    assert done.returncode == 1
    assert f"{origin} was not replayed: it stood in a file: publish a corrected file" in done.stderr
    assert done.stdout == "1 of 2 letters replayed\n"
    assert [one["id"] for one in listed(covid, letters)] == [origin]
    assert other != origin
    shown = covid("show", origin)
    assert f"{letters.code}: {REASON}" in shown.stdout
    assert shown.stdout.endswith("1,2,x\n")
    assert json.loads(covid("drop", origin, "--json").stdout) == {"done": True, "dropped": [origin]}
    assert listed(covid, letters) == []


def test_everything_is_never_meant_by_accident(covid: Run) -> None:
    done = covid("drop")
    assert done.returncode == 1
    assert "Say which: IDs, --reason, --since or --until; or --all." in done.stderr
