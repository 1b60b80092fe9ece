"""The sinks as processes of their own, on the real broker and real stores."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sinks.process import Process, Run
from tests.integration.sinks.world import STORES, World


@pytest.fixture(scope="module")
def world(stack: Any) -> Iterator[World]:
    opened = World(stack)
    yield opened
    opened.close()


@pytest.fixture
def run(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Makes sink processes; a group suffix for each test, so that none waits for another's member. They take
    what is published from now on: rows that other tests had refused would hold them."""
    running: list[Process] = []
    test = re.sub(r"\W", "-", request.node.name)
    world.settings["COVID_SINK_GROUP_SUFFIX"] = f"-{world.name}-{test}"
    for store in STORES:
        world.begin_here(store)

    def make(store: str, **settings: str) -> Process:
        process = Process(store, world.settings | settings, tmp_path / f"{store}.log")
        running.append(process)
        process.start()
        return process

    yield make
    for process in running:
        process.kill()


@pytest.fixture
def source() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"
