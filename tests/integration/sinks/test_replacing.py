"""Rows that go or change though nothing newer came: a drained generation, a repair."""

from __future__ import annotations

import psycopg
import pytest

from covid_core import control, topics
from covid_core.rows import Row
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import expected, fields, rows_of
from tests.integration.sinks.world import World

pytestmark = pytest.mark.integration


def test_older_generations_go_once_the_new_one_has_drained(world: World, run: Run, source: str) -> None:
    old = [row.__class__(**{**fields(row), "generation": 0}) for row in rows_of(source, 6)]
    new = rows_of(source, 4)
    world.publish(old)
    process = run("rds")
    until(lambda: len(world.revisions("rds", source)) == 12, "old rows", process)
    world.publish(new)
    drained = control.Drained(generation=1, metrics_end=world.ends())
    world.send(topics.CONTROL, control.DRAINED, control.encode(drained))
    until(lambda: world.revisions("rds", source) == expected(new), "only new rows", process)


def test_a_repair_replaces_the_same_revision(world: World, run: Run, source: str) -> None:
    (row,) = rows_of(source, 1, ("CA-ON",))
    wrong = Row(**{**fields(row), "confirmed": 666})
    process = run("rds")
    world.publish([wrong])
    until(lambda: bool(world.revisions("rds", source)), "row", process)
    world.publish([row], **{topics.Header.REPAIR: b"1"})

    def confirmed() -> int:
        with psycopg.connect(world.settings["COVID_RDS_URL"]) as connection:
            query = f"SELECT confirmed FROM {world.settings['COVID_RDS_TABLE']} WHERE source = %s"
            (value,) = connection.execute(query.encode(), (source,)).fetchall()[0]
            return int(value)

    until(lambda: confirmed() == row.confirmed, "the repair", process)
