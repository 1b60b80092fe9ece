"""Kills, stores that are down, failures that no retry mends: nothing is lost, nothing is committed early."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import expected, rows_of
from tests.integration.sinks.world import STORES, World
from tests.proxies import Proxy

pytestmark = pytest.mark.integration

BATCHES = {"dynamodb": 4, "rds": 1, "redshift": 1, "s3": 4}
"""Messages a batch, few enough that a kill finds the sink at work: fours were all in a database before it."""


@pytest.mark.parametrize("store", STORES)
def test_kill_9_in_the_middle_loses_nothing(store: str, world: World, run: Run, source: str) -> None:
    rows = rows_of(source, 600, ("CA-ON", "CA-QC", "CA-BC", "CA-AB"))
    process = run(store, COVID_SINK_BATCH_MESSAGES=str(BATCHES[store]))
    until(lambda: "consuming" in process.log, "start", process)
    world.publish(rows, 40)
    for _ in range(3):
        seen = len(world.revisions(store, source))
        until(lambda: "consuming" in process.log, "start", process)
        until(
            lambda seen=seen: len(world.revisions(store, source)) > seen or seen == len(rows),
            "progress",
            process,
        )
        process.kill()
        process.start()
    newer = rows_of(source, 5, revision=2)
    world.publish(newer)
    until(lambda: world.committed(store) == world.ends(), "offsets", process)
    until(lambda: world.revisions(store, source) == expected(rows) | expected(newer), "rows", process)


def test_a_store_that_is_down_only_waits(world: World, run: Run, source: str) -> None:
    url = world.settings["COVID_RDS_URL"]
    found = re.search(r"@([\w.]+):(\d+)/", url)
    assert found is not None
    proxy = Proxy(found[1], int(found[2]))
    process = run("rds", COVID_RDS_URL=url.replace(found[0], f"@127.0.0.1:{proxy.port}/"))
    first, second = rows_of(source, 5), rows_of(source, 5, revision=2)
    world.publish(first)
    until(lambda: world.revisions("rds", source) == expected(first), "rows", process)
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)
    before = world.committed("rds")

    proxy.cut()
    world.publish(second)
    until(lambda: process.page("/readyz")[0] == 503, "not ready", process)
    assert process.page("/healthz")[0] == 200
    assert world.committed("rds") == before
    assert world.revisions("rds", source) == expected(first)

    proxy.restore()
    until(lambda: world.revisions("rds", source) == expected(second), "rows", process, patience=15)
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)
    until(lambda: process.page("/readyz")[0] == 200, "ready", process, patience=5)


def test_stopped_while_its_store_is_down_it_writes_the_batch_after_the_restart(
    world: World, run: Run, source: str
) -> None:
    url = world.settings["COVID_REDSHIFT_URL"]
    found = re.search(r"@([\w.]+):(\d+)/", url)
    assert found is not None
    proxy = Proxy(found[1], int(found[2]))
    process = run("redshift", COVID_REDSHIFT_URL=url.replace(found[0], f"@127.0.0.1:{proxy.port}/"))
    first = rows_of(source, 2)
    world.publish(first)
    until(lambda: world.revisions("redshift", source) == expected(first), "rows", process)
    proxy.cut()
    second = rows_of(source, 5, revision=2)
    world.publish(second)
    until(lambda: "trying again" in process.log, "a failed try", process)
    status, seconds = process.stop()
    assert status == 0
    assert seconds < 10
    proxy.restore()
    process.start()
    until(lambda: world.revisions("redshift", source) == expected(second), "rows", process)


def test_a_failure_that_no_retry_mends_ends_the_process_without_committing(
    world: World, run: Run, source: str
) -> None:
    process = run("rds")
    first = rows_of(source, 2)
    world.publish(first)
    until(lambda: world.revisions("rds", source) == expected(first), "rows", process)
    with psycopg.connect(world.settings["COVID_RDS_URL"]) as connection:
        connection.execute(f"DROP TABLE {world.settings['COVID_RDS_TABLE']} CASCADE".encode())
    second = rows_of(source, 5, ("CA-NS",))
    world.publish(second)
    assert process.running.wait(timeout=20) == 1
    assert "UndefinedTable" in process.log
    process.start()
    again = expected(second).items()
    until(lambda: again <= world.revisions("rds", source).items(), "the batch that failed", process)


def test_a_wrong_setting_is_named_and_ends_the_process(world: World, run: Run) -> None:
    process = run("rds", COVID_RDS_URL="oracle://somewhere")
    assert process.running.wait(timeout=20) == 2
    assert "COVID_RDS_URL starts with neither" in process.log


def test_a_password_that_no_client_could_read_is_not_logged(world: World, run: Run) -> None:
    process = run("rds", COVID_RDS_URL="postgresql://covid:x7%qSECRET@127.0.0.1:1/rds")
    assert process.running.wait(timeout=20) == 2
    assert "COVID_RDS_URL: a % is not followed" in process.log
    assert "SECRET" not in process.log
