"""`covid maintain` beside a running sink."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from covid_core import topics
from covid_core.lake import stored
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import expected, rows_of
from tests.integration.sinks.world import World

pytestmark = pytest.mark.integration


def maintain(world: World, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVID_")}
    return subprocess.run(
        [sys.executable, "-m", "covid_cli", "maintain", *options],
        env={**environ, **world.settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_sink_goes_on_exactly_once(world: World, run: Run, source: str) -> None:
    world.begin_here("s3", topics.RECORDS)
    process = run("s3")
    until(lambda: "consuming" in process.log, "start", process)
    sent: list[bytes] = []

    def record(count: int) -> None:
        for _ in range(count):
            sent.append(f'{{"{source}": {len(sent)}}}'.encode())
            world.producer.produce(topics.RECORDS, value=sent[-1])
        world.producer.flush()

    def kept() -> list[bytes]:
        values = world.lake("records").scan().to_arrow()["value"].to_pylist()
        return sorted(value for value in values if value and source.encode() in value)

    def files(table: str) -> int:
        return len(list(world.lake(table).scan().plan_files()))

    rows = rows_of(source, 30)
    world.publish(rows)
    for _ in range(4):
        before = len(sent)
        record(3)
        until(lambda before=before: len(kept()) > before if files("records") else False, "archived", process)
    until(lambda: world.revisions("s3", source) == expected(rows), "rows", process)
    assert files("records") >= 4

    would = maintain(world, "--dry-run", "--json", "--expire-hours", "0")
    assert would.returncode == 0, would.stderr
    assert {one["table"]: one["files_after"] for one in json.loads(would.stdout)}["records"] == 1
    assert files("records") >= 4

    newer = rows_of(source, 30, revision=2)
    with subprocess.Popen(
        [sys.executable, "-m", "covid_cli", "maintain", "--expire-hours", "0"],
        env={**os.environ, **world.settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as beside:
        # What comes meanwhile, in commits of its own.
        for row in newer:
            world.publish([row])
            record(1)
        said = beside.communicate(timeout=120)[0]
    assert beside.returncode == 0, said
    until(lambda: world.revisions("s3", source) == expected(newer), "newer rows", process)
    until(lambda: len(kept()) == len(sent), "records", process)
    assert kept() == sorted(sent)
    assert "ended by a failure" not in process.log
    merged = maintain(world, "--expire-hours", "0", "--json")
    assert merged.returncode == 0, merged.stderr
    assert files("records") == 1
    # A second sink begins where the first one came to, by the positions that the lake keeps.
    process.stop()
    table = world.lake("metrics")
    position = stored(table)
    assert position is not None
    # Other tests' messages stand in partitions that this sink began behind.
    ends = {partition: end for partition, end in world.ends().items() if partition in position.next_offsets}
    assert ends
    assert dict(position.next_offsets) == ends
    process.start()
    record(2)
    until(lambda: len(kept()) == len(sent), "records", process)
    assert kept() == sorted(sent)


def test_a_lake_that_is_away_is_named(world: World) -> None:
    world = World.__new__(World)
    world.settings = {
        "COVID_KAFKA_BOOTSTRAP": "127.0.0.1:9",
        "COVID_ICEBERG_URI": "postgresql+psycopg://covid@127.0.0.1:9/catalog",
    }
    done = maintain(world)
    assert done.returncode == 1
    assert "error: lake: " in done.stderr
    assert "Traceback" not in done.stderr
