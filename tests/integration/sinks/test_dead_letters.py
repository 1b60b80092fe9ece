"""What cannot be read or stored is a dead letter, and the rest goes on."""

from __future__ import annotations

import pytest

from covid_core import messages, topics
from covid_core.rows import Row
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.rows import FIRST, expected, rows_of
from tests.integration.sinks.world import World

pytestmark = pytest.mark.integration


def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(
    world: World, run: Run, source: str
) -> None:
    bad = [b"not json", None, b'{"columns": ["source"], "rows": [["x"]]}']
    places = [world.send(topics.METRICS, b"CA-ON", value) for value in bad]
    rows = rows_of(source, 3)
    world.publish(rows)
    process = run("rds")
    until(lambda: world.revisions("rds", source) == expected(rows), "rows", process)
    for value, (partition, offset) in zip(bad, places, strict=True):
        (letter,) = world.letters(f"{topics.METRICS}:{partition}:{offset}")
        assert letter.code == "bad_message"
        assert letter.raw == (value or b"")
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)


def test_a_row_that_the_store_refuses_is_a_dead_letter_that_can_be_replayed(
    world: World, run: Run, source: str
) -> None:
    rows = rows_of(source, 3)
    bad = Row(source=source, region="CA-PE", date=FIRST, confirmed=2**63, revision=1)
    (value,) = messages.encode([rows[0], bad, *rows[1:]])
    partition, offset = world.send(topics.METRICS, b"CA-ON", value)
    process = run("rds")
    (letter,) = world.letters(f"{topics.METRICS}:{partition}:{offset}")
    assert letter.code == "rejected_row"
    assert f"{source}:CA-PE:{FIRST}" in letter.reason
    assert messages.decode(letter.raw) == [bad]
    assert world.revisions("rds", source) == expected(rows)
    assert process.running.poll() is None
