"""What ends a sink that has nothing to read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from covid_core import topics
from covid_core.settings import KafkaSettings
from covid_sinks import runner as module
from covid_sinks.contract import Transient
from covid_sinks.counters import Counters
from covid_sinks.log import AnotherLog
from covid_sinks.runner import Route, Runner


class Handler:
    """Of a store that is there."""

    topic = topics.METRICS
    vital = True

    def open(self) -> None:
        """Nothing."""


class Broker:
    """Says a topic's id: of one log, then nothing for a moment, then of another."""

    def __init__(self) -> None:
        self._answers = iter(["first", "first", None])

    def __call__(self, names: Sequence[str]) -> Mapping[str, str]:
        answer = next(self._answers, "another")
        if answer is None:
            raise Transient("the broker is away")
        return dict.fromkeys(names, answer)


class Reading:
    """Faust where no message comes."""

    def topic(self, *_: object, **__: object) -> None:
        """Nothing."""

    def agent(self, *_: object, **__: object) -> Any:
        return lambda function: function

    async def start(self) -> None:
        """Nothing."""

    async def wait_until_stopped(self) -> None:
        await asyncio.Event().wait()


def test_it_ends_where_the_log_is_another_though_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(module, "_app", lambda *_: Reading())

    async def run() -> None:
        handler: Any = Handler()
        runner = Runner(
            group="covid-sink-rds", instance="0", kafka=KafkaSettings(), sign=lambda region: ("", 0.0),
            routes=[Route(handler, 10, 0.1)], counters=Counters("rds"), topic_ids=Broker(),
        )  # fmt: skip
        await asyncio.wait_for(runner.run(), 10)

    with pytest.raises(AnotherLog, match=r"^covid\.metrics: made anew since this sink began"):
        asyncio.run(run())
