"""What cannot be read or stored is a dead letter, and the rest goes on."""

from __future__ import annotations

import datetime as dt

import pytest

from covid_core import dlq, messages, topics
from covid_core.rows import Row
from covid_sinks.refusals import LEAST
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


def test_each_row_that_the_store_refuses_is_a_dead_letter_that_can_be_replayed(
    world: World, run: Run, source: str
) -> None:
    rows = rows_of(source, 3)
    days = (FIRST, FIRST + dt.timedelta(1))
    bad = [Row(source=source, region="CA-PE", date=day, confirmed=2**63, revision=1) for day in days]
    (value,) = messages.encode([rows[0], *bad, *rows[1:]])
    partition, offset = world.send(topics.METRICS, b"CA-ON", value)
    process = run("rds")
    message = f"{topics.METRICS}:{partition}:{offset}"
    letters = sorted(world.letters(message, count=2), key=dlq.key)
    assert [dlq.key(letter).decode() for letter in letters] == [f"{message}:1", f"{message}:2"]
    for row, letter in zip(bad, letters, strict=True):
        assert letter.code == "rejected_row"
        assert f"{source}:CA-PE:{row.date}" in letter.reason
        assert messages.decode(letter.raw) == [row]
    assert world.revisions("rds", source) == expected(rows)
    assert process.running.poll() is None


def test_a_store_that_refuses_most_holds_its_sink_until_it_is_told_to_let_go(
    world: World, run: Run, source: str
) -> None:
    days = [FIRST + dt.timedelta(number) for number in range(LEAST)]
    bad = [Row(source=source, region="CA-PE", date=day, confirmed=2**63, revision=1) for day in days]
    places = [(value, *world.send(topics.METRICS, b"CA-PE", value)) for value in messages.encode(bad)]
    # Other tests' rows are in the topic as well, and are not refused.
    process = run("rds", COVID_SINK_REFUSAL_LIMIT="0")
    held = 'covid_sink_held_by_refusals{sink="rds"} '
    until(lambda: f"{held}1.0" in process.page("/metrics")[1], "held", process)
    assert "rows are refused, which is more than COVID_SINK_REFUSAL_LIMIT=0" in process.log
    until(lambda: process.page("/readyz")[0] == 503, "not ready", process)
    assert process.running.poll() is None
    assert f"{source}:CA-PE" not in process.log
    process.stop()
    process.start(COVID_SINK_REFUSAL_LIMIT="1")
    until(lambda: world.committed("rds") == world.ends(), "offsets", process)
    for value, partition, offset in places:
        rows = messages.decode(value)
        letters = world.letters(f"{topics.METRICS}:{partition}:{offset}", count=len(rows))
        assert sorted(str(messages.decode(letter.raw)) for letter in letters) == sorted(
            str([row]) for row in rows
        )
        assert len(set(map(dlq.key, letters))) == len(rows)
    assert f"{held}0.0" in process.page("/metrics")[1]
