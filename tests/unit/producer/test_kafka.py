"""The log when nobody is there."""

from __future__ import annotations

import time

import pytest

from covid_producer.kafka import Log, LogUnavailable

NOBODY = {"bootstrap.servers": "127.0.0.1:1"}


def test_no_broker_is_one_sentence_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covid_producer.kafka._ANSWER_SECONDS", 0.5)
    with pytest.raises(LogUnavailable, match=r"127\.0\.0\.1:1: start one \(make run\), or set COVID_KAFKA_B"):
        Log(NOBODY).check()
    with pytest.raises(LogUnavailable, match=r"covid\.files cannot be read at 127\.0\.0\.1:1"):
        Log(NOBODY).finished()


def test_a_client_that_cannot_be_made_is_one_sentence_too() -> None:
    nowhere = {"security.protocol": "SSL", "ssl.ca.location": "/nowhere", "log_level": 0}
    with pytest.raises(
        LogUnavailable, match=r"no client .* at 127\.0\.0\.1:1 \(.*ssl\.ca\.location.*\): see"
    ):
        Log(NOBODY | nowhere)


def test_it_does_not_wait_long_once_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covid_producer.kafka._STOP_SECONDS", 0.5)
    log = Log(NOBODY, lambda: True)
    log.append("covid.records", b"CA", b"{}")
    started = time.monotonic()
    with pytest.raises(LogUnavailable, match=r"did not take all records \(it does not answer\)"):
        log.flush()
    assert time.monotonic() < started + 5
