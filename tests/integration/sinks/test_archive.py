"""The archive of every record, in the lake."""

from __future__ import annotations

import time

import pytest

from covid_core import topics
from tests.integration.sinks.process import Run, until
from tests.integration.sinks.world import World

pytestmark = pytest.mark.integration


def test_the_archive_keeps_every_record_once_over_kill_9(world: World, run: Run, source: str) -> None:
    sent = [f'{{"{source}": {i}}}'.encode() for i in range(300)]
    process = run("s3")
    for i, value in enumerate(sent):
        world.producer.produce(topics.RECORDS, value=value, headers={"file": b"x.csv"})
        if i % 100 == 99:
            world.producer.flush()
            seen = process.log.count("consuming")
            until(lambda seen=seen: process.log.count("consuming") >= max(seen, 1), "start", process)
            time.sleep(1.5 + i / 200)
            process.kill()
            process.start()

    def kept() -> list[bytes]:
        try:
            values = world.lake("records").scan().to_arrow()["value"].to_pylist()
        except Exception as error:
            if type(error).__name__ != "NoSuchTableError":
                raise
            return []
        return sorted(value for value in values if value and source.encode() in value)

    until(lambda: len(kept()) >= len(sent), "records", process)
    assert kept() == sorted(sent)
