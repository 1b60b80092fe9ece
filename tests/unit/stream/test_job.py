"""The query kept running: what happens around it, with a query that does nothing."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from covid_core.control import Generation
from covid_stream.checkpoint import Finished
from covid_stream.draining import Draining
from covid_stream.job import Job
from covid_stream.progress import PositionReporter

GENERATION = Generation(generation=1, definition=1, partitions=4, topic_id="of this log")


class Query:
    """Runs until it is stopped."""

    isActive = True

    def stop(self) -> None:
        self.isActive = False


class Reporter(PositionReporter):
    """Notes what it would commit."""

    def __init__(self) -> None:
        super().__init__(lambda: cast(Any, SimpleNamespace()))
        self.committed: list[dict[int, int]] = []

    def _commit(self, offsets: dict[int, int]) -> None:
        self.committed.append(offsets)


class Started(Draining):
    """Of a log that is empty; ends the job when it is announced."""

    def __init__(self, reporter: PositionReporter, stop: threading.Event) -> None:
        super().__init__(reporter.passed, ends=dict, announce=stop.set)


def test_a_generation_is_announced_while_the_query_runs() -> None:
    query, reporter, stop = Query(), Reporter(), threading.Event()
    job = Job(
        GENERATION,
        start=lambda: cast(Any, query),
        finished=lambda: Finished(-1, {}),
        reporter=reporter,
        draining=Started(reporter, stop),
        superseded=bool,
    )
    job.run(threading.Event(), stop)
    assert stop.is_set()
    assert not query.isActive


@pytest.mark.parametrize(
    ("finished", "committed"),
    [
        (Finished(-1, {}), {0: 0, 1: 0, 2: 0, 3: 0}),
        (Finished(7, {0: 5, 1: 6, 2: 0, 3: 9}), {0: 5, 1: 6, 2: 0, 3: 9}),
    ],
)
def test_before_the_query_starts_the_group_says_what_this_generation_has_finished(
    finished: Finished, committed: dict[int, int]
) -> None:
    """Also that it is nothing yet: the group may say what an earlier one had."""
    reporter, stop, at_start = Reporter(), threading.Event(), []

    def start() -> Any:
        at_start.extend(reporter.committed)
        stop.set()
        return Query()

    job = Job(
        GENERATION,
        start=start,
        finished=lambda: finished,
        reporter=reporter,
        draining=Started(reporter, stop),
        superseded=bool,
    )
    job.run(threading.Event(), stop)
    assert at_start == [committed]
