"""The producer as a process of its own, on the real broker, object storage and a web server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.producer.processes import Publish, Watch, Watching
from tests.integration.producer.tap import Tap


@pytest.fixture
def tap(stack: Any) -> Iterator[Tap]:
    opened = Tap(stack.kafka_bootstrap)
    yield opened
    opened.close()


@pytest.fixture
def publish(stack: Any) -> Publish:
    def run(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "covid_producer", "publish", *map(str, arguments)],
            env={**os.environ, **stack.settings, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def watch(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    started: list[Watching] = []

    def start(*arguments: str, **environ: str) -> Watching:
        log = tmp_path_factory.mktemp("watch") / "log"
        started.append(Watching({**stack.settings, **environ}, log, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
