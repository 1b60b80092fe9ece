"""Whether the broker lets a process in: only a refusal is one (test_broker_rights has the real ones)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from covid_process import login


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _connection(port: int, **more: Any) -> dict[str, Any]:
    return {
        "bootstrap.servers": f"127.0.0.1:{port}",
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "somebody",
        **more,
    }


def test_nothing_is_asked_without_a_password(silent: int) -> None:
    started = time.monotonic()
    login.require({"bootstrap.servers": f"127.0.0.1:{silent}"})
    login.require(_connection(silent))
    assert time.monotonic() - started < 0.5


def test_a_broker_that_does_not_answer_is_no_refusal(silent: int) -> None:
    started = time.monotonic()
    login.require(_connection(silent, **{"sasl.password": "secret"}), seconds=0.6)
    assert 0.5 < time.monotonic() - started < 3


def test_a_broker_that_is_away_is_no_refusal_and_is_not_waited_for() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        started = time.monotonic()
        login.require(_connection(taken.getsockname()[1], **{"sasl.password": "secret"}), seconds=20)
    assert time.monotonic() - started < 5


class Late:
    """A client that tells why it has no broker only after it has told that it has none."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._tell = properties["error_cb"]
        self._news = [KafkaError._ALL_BROKERS_DOWN, KafkaError._SSL]

    def list_topics(self, timeout: float) -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def poll(self, timeout: float) -> None:
        if self._news:
            self._tell(KafkaError(self._news.pop(0)))


def test_why_there_is_no_broker_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "AdminClient", Late)
    with pytest.raises(login.LoginRefused, match="see the settings COVID_KAFKA_"):
        login.require(_connection(1, **{"sasl.password": "secret"}))
