"""The query kept running: what happens around it, with a query that does nothing."""

from __future__ import annotations

import threading
from typing import Any, cast

from confluent_kafka.admin import AdminClient

from covid_core.control import Generation
from covid_stream.checkpoint import Finished
from covid_stream.generation import LogUnavailable
from covid_stream.job import Job
from covid_stream.progress import PositionReporter

GENERATION = Generation(generation=1, definition=1, partitions=4, topic_id="of this log")


class Query:
    """Runs until it is stopped."""

    isActive = True

    def stop(self) -> None:
        self.isActive = False


def test_a_broker_that_is_away_when_a_generation_is_drained_is_asked_again() -> None:
    asked, stop = 0, threading.Event()

    def drained() -> None:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise LogUnavailable("covid.metrics does not say where it ends")
        stop.set()

    def connect() -> AdminClient:
        raise AssertionError("nothing is finished, and nothing is committed")

    query = Query()
    job = Job(
        GENERATION,
        start=lambda: cast(Any, query),
        finished=lambda: Finished(-1, {}),
        reporter=PositionReporter(connect),
        when_drained=drained,
        superseded=bool,
    )
    job.run({}, threading.Event(), stop)
    assert asked == 3
    assert not query.isActive
