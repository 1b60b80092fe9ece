"""What is published reaches every store, is committed, and soon."""

from __future__ import annotations

import re
import time

import pytest

from covid_core import topics
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import expected, rows_of
from tests.integration.sinks.world import STORES, World

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("store", STORES)
def test_rows_arrive_are_committed_and_the_process_stops_in_time(
    store: str, world: World, run: Run, source: str
) -> None:
    rows = rows_of(source, 60)
    world.publish(rows)
    process = run(store)
    until(lambda: world.revisions(store, source) == expected(rows), "rows", process)
    until(lambda: world.committed(store) == world.ends(), "offsets", process, patience=5)
    assert process.page("/healthz")[0] == 200
    assert process.page("/readyz")[0] == 200
    status, text = process.page("/metrics")
    assert status == 200
    assert re.search(r'covid_sink_rows_total\{outcome="applied",sink="\w+"\} \d{3}', text)
    status, seconds = process.stop()
    assert status == 0
    assert seconds < 10
    secrets = [value for name, value in world.settings.items() if re.search("SECRET|PASSWORD|KEYS", name)]
    assert not any(secret in process.log for secret in secrets if len(secret) > 6)


def test_the_lag_is_shown_by_topic(world: World, run: Run, source: str) -> None:
    world.publish(rows_of(source, 60))
    process = run("rds")
    until(lambda: world.committed("rds") == world.ends(), "offsets", process)

    def lags() -> dict[str, float]:
        found = re.findall(
            r'covid_consumer_lag_messages\{group="[^"]+",partition="\d+",topic="([^"]+)"\} (\S+)',
            process.page("/metrics")[1],
        )
        return {topic: max(float(value) for name, value in found if name == topic) for topic, _ in found}

    until(lambda: lags() == {topics.METRICS: 0, topics.CONTROL: 0}, "no lag", process)


def test_one_row_is_in_the_store_within_a_second(world: World, run: Run, source: str) -> None:
    process = run("rds")
    until(lambda: "consuming" in process.log, "start", process)
    world.publish(rows_of(source, 1))
    until(lambda: len(world.revisions("rds", source)) == 2, "rows", process)
    taken = []
    for revision in range(2, 12):
        rows = rows_of(source, 1, ("CA-ON",), revision)
        world.publish(rows)
        sent = time.monotonic()
        until(
            lambda rows=rows: expected(rows).items() <= world.revisions("rds", source).items(), "row", process
        )
        taken.append(time.monotonic() - sent)
    assert sorted(taken)[len(taken) // 2] < 1.0, taken
