"""`covid rebuild`: rows that a store has lost are sent to it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from covid_core import topics
from covid_core.rows import Row
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import fields, rows_of
from tests.integration.sinks.world import World

pytestmark = pytest.mark.integration

HERE, ELSEWHERE = "CA-NU", "CA-YT"
GENERATION = 1_000_000
"""Newer than what any other test says of these regions."""


def again(rows: Sequence[Row], **other: Any) -> list[Row]:
    return [Row(**{**fields(row), "generation": GENERATION, **other}) for row in rows]


def rebuild(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "covid_cli", "rebuild", *arguments]
    environ = {**os.environ, **world.settings}
    return subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=90, check=False)


def stored(world: World, source: str) -> dict[tuple[str, int], tuple[int | None, int, bool]]:
    """Number, revision and whether it is a tombstone, of each row, by region and day."""
    with psycopg.connect(world.settings["COVID_RDS_URL"]) as connection:
        query = (
            "SELECT region, extract(day FROM date)::int, confirmed, revision, deleted "
            f"FROM {world.settings['COVID_RDS_TABLE']} WHERE source = %s"
        )
        try:
            found = connection.execute(query.encode(), (source,)).fetchall()
        except psycopg.errors.UndefinedTable:  # the sink has yet to make it
            return {}
    return {
        (region, day): (confirmed, revision, deleted) for region, day, confirmed, revision, deleted in found
    }


def test_a_region_that_a_store_has_lost_is_sent_again(world: World, run: Run, source: str) -> None:
    first = again(rows_of(source, 4, (HERE, ELSEWHERE)))
    world.publish(first[:4])
    world.publish(first[4:])
    world.publish(again(first[:1], revision=7, confirmed=70))
    world.publish(again(first[1:2], revision=7, deleted=True, confirmed=None))
    # Of a revision that is there already: let be, but for a repair.
    world.publish(again(first[2:3], confirmed=666))
    world.publish(again(first[3:4], confirmed=33), **{topics.Header.REPAIR: b"1"})
    process = run("rds")
    wanted = {
        (HERE, 1): (70, 7, False),
        (HERE, 2): (None, 7, True),
        (HERE, 3): (2, 1, False),
        (HERE, 4): (33, 1, False),
        **{(ELSEWHERE, day): (day - 1, 1, False) for day in range(1, 5)},
    }
    until(lambda: stored(world, source) == wanted, "all rows", process)
    with psycopg.connect(world.settings["COVID_RDS_URL"], autocommit=True) as connection:
        connection.execute(f"DELETE FROM {world.settings['COVID_RDS_TABLE']}".encode())
    done = rebuild(world, "rds", "--region", HERE, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] >= 4
    assert stored(world, source) == {key: row for key, row in wanted.items() if key[0] == HERE}
    # Once more changes nothing, and takes the other region alone.
    done = rebuild(world, "rds", "--region", ELSEWHERE)
    assert done.returncode == 0, done.stderr
    assert "rds has them" in done.stdout
    assert stored(world, source) == wanted


def test_a_sink_that_does_not_run_is_told_of(world: World, run: Run, source: str) -> None:
    process = run("rds")
    world.publish(again(rows_of(source, 2, (HERE,))))
    until(lambda: len(stored(world, source)) == 2, "all rows", process)
    process.kill()
    done = rebuild(world, "rds", "--region", HERE, "--wait", "1")
    assert done.returncode == 2, done.stderr
    assert "its sink is " in done.stdout
    assert "messages behind" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("oracle",), "There is no store 'oracle': there are dynamodb, s3, rds, redshift."),
        (("rds", "--region", "CA-XX"), "'CA-XX' is no known code such as CA or CA-ON"),
    ],
)
def test_what_is_not_there_is_a_sentence(world: World, arguments: tuple[str, ...], sentence: str) -> None:
    done = rebuild(world, *arguments)
    assert done.returncode == 1
    assert sentence in " ".join(done.stderr.split())
