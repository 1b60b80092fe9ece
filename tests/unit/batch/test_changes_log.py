"""The producer of the changes after a failure: another one, since the old may have lost its brokers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from covid_batch.aws_lambda import changes
from covid_batch.aws_lambda.changes import Log, Outgoing

MESSAGES = [Outgoing(place, "covid.records", b"CA-ON", b"{}", {"actor": b"inbox"}) for place in range(3)]


class Broker:
    """Makes producers, and says for each message that comes whether it is confirmed."""

    def __init__(self, *answers: bool) -> None:
        self.made: list[Producer] = []
        self._answers = list(answers)

    def producer(self, properties: Any) -> Producer:
        self.made.append(Producer(self))
        return self.made[-1]

    def confirms(self) -> bool:
        return self._answers.pop(0) if self._answers else True


class Producer:
    """librdkafka's as far as it is used: what is not confirmed stays until it is purged."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: list[Callable[[Any, Any], None]] = []
        self.full = False
        self.purged = False

    def produce(self, *_: Any, on_delivery: Callable[[Any, Any], None], **__: Any) -> None:
        if self.full:
            raise BufferError
        self._waiting.append(on_delivery)

    def flush(self, seconds: float) -> int:
        left = [each for each in self._waiting if not self._broker.confirms()]
        for each in self._waiting:
            if each not in left:
                each(None, None)
        self._waiting = left
        return len(left)

    def purge(self) -> None:
        self.purged = True
        self._waiting.clear()


def log(monkeypatch: pytest.MonkeyPatch, *answers: bool) -> tuple[Log, Broker]:
    broker = Broker(*answers)
    monkeypatch.setattr(changes, "Producer", broker.producer)
    return Log({"bootstrap.servers": "127.0.0.1:1"}), broker


def places(messages: Sequence[Outgoing]) -> list[int]:
    return [message.place for message in messages]


def test_a_producer_that_the_brokers_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, broker = log(monkeypatch)
    assert sender.send(MESSAGES) == sender.send(MESSAGES) == []
    assert len(broker.made) == 1


def test_what_stayed_unsent_is_told_and_goes_by_another_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, broker = log(monkeypatch, True, False, True)
    assert places(sender.send(MESSAGES)) == [1]
    assert broker.made[0].purged
    assert sender.send(MESSAGES) == []
    assert len(broker.made) == 2


def test_a_producer_that_takes_nothing_is_replaced_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, broker = log(monkeypatch)
    broker.made[0].full = True
    with pytest.raises(BufferError):
        sender.send(MESSAGES)
    assert sender.send(MESSAGES) == []
    assert len(broker.made) == 2
