"""Clients of a broker that was told to stop, and is back: some of librdkafka's have lost it for good."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from covid_api.log_reader import LogReader
from covid_api.writer import LogWriter
from covid_core import topics
from covid_core.environment import load
from covid_core.settings import KafkaSettings
from covid_process.kept import KeptConsumer
from covid_process.lag import Broker
from covid_producer import kafka as publisher
from covid_sinks.log import Log
from tests.integration.lone import servers

pytestmark = pytest.mark.integration

EACH: Final = 8
"""Clients of each kind. Of all of them one or two are lost with a stop, were they not replaced."""
STOPS: Final = 2
PAUSE_SECONDS: Final = 0.02
BACK_SECONDS: Final = 90.0

Ask = Callable[[], object]


def test_every_client_finds_a_broker_that_has_stopped_and_is_back(tmp_path: Path) -> None:
    with servers(tmp_path, "kafka") as environ, broker(tmp_path) as restart:
        connection = load(KafkaSettings, environ, str).librdkafka(lambda region: ("", 0.0))
        writers = [LogWriter(connection) for _ in range(EACH)]
        asks = dict(clients(connection, writers))
        with asking(asks) as answered:
            until_answered(answered, asks, 0.0)
            for _ in range(STOPS):
                restart()
                until_answered(answered, asks, time.monotonic())
        for writer in writers:
            assert writer.close(5) == 0


def clients(connection: Mapping[str, Any], writers: list[LogWriter]) -> Iterator[tuple[str, Ask]]:
    """A question of each long-lived client, by name."""
    for number, writer in enumerate(writers):
        yield f"writer {number}", partial(writer.check, 3)
        yield f"reader {number}", partial(LogReader(connection, KeptConsumer).ends, topics.RECORDS)
        yield f"lag {number}", partial(Broker(connection, "group", 3).places, [topics.RECORDS])
        yield f"publisher {number}", publisher.Log(connection).check
        yield f"sink {number}", partial(Log(connection).topic_id, topics.RECORDS)


@contextmanager
def asking(asks: Mapping[str, Ask]) -> Iterator[Mapping[str, float]]:
    """Ask each again and again; when each was answered last."""
    stop, answered = threading.Event(), dict.fromkeys(asks, 0.0)

    def run(name: str, ask: Ask) -> None:
        while not stop.wait(PAUSE_SECONDS):
            with suppress(Exception):
                ask()
                answered[name] = time.monotonic()

    threads = [threading.Thread(target=run, args=one, daemon=True) for one in asks.items()]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def until_answered(answered: Mapping[str, float], asks: Mapping[str, Ask], since: float) -> None:
    deadline = time.monotonic() + BACK_SECONDS
    while silent := [name for name in asks if answered[name] <= since]:
        assert time.monotonic() < deadline, f"not answered any more: {', '.join(silent)}"
        time.sleep(0.1)


@contextmanager
def broker(home: Path) -> Iterator[Callable[[], None]]:
    """What it gives tells the broker to stop, and starts it again when it has."""
    (running,) = (
        one
        for one in psutil.Process().children(recursive=True)
        if str(home / "kafka") in " ".join(one.cmdline())
    )
    argv, environ = running.cmdline(), running.environ()
    mine: list[subprocess.Popen[bytes]] = []

    def restart() -> None:
        for process in mine or [running]:
            process.terminate()
            process.wait(60)
        with (home / "kafka-again.log").open("ab") as log:
            mine[:] = [subprocess.Popen(argv, env=environ, stdout=log, stderr=log)]

    try:
        yield restart
    finally:
        for process in mine:
            process.kill()
            process.wait(60)
