"""Today's stream goes on from what every kept release left behind."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from covid_cli.verify.compare import find_differences
from covid_cli.verify.log import LogTable
from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA, compute_expected
from covid_cli.verify.positions import Positions
from covid_core import messages, topics
from covid_core.rows import Row
from covid_process.topic import messages as read_topic
from tests.integration.kept.release import FOLDER, emptied, keep, send
from tests.integration.lone import servers, streaming
from tests.integration.test_stream import START_SECONDS, Stream, Tap
from tests.integration.test_verify import record

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

THIS = "this one"
"""Beside those that are kept: what today's code leaves, it must understand itself."""
RELEASES = [*sorted(path.name.removesuffix(".tar.xz") for path in FOLDER.glob("*.tar.xz")), THIS]


def ends(connection: dict[str, Any], topic: str) -> dict[int, int]:
    positions = Positions(connection)  # kept for as long as its answers are awaited
    return positions.ends(topic)


def newest(connection: dict[str, Any]) -> dict[tuple[str, str, dt.date], Row]:
    """What a store would hold that has read all of `covid.metrics`."""
    rows: dict[tuple[str, str, dt.date], Row] = {}
    for message in read_topic(connection, topics.METRICS, {}, ends(connection, topics.METRICS)):
        for row in messages.decode(message.value()):
            key = row.source, row.region, row.date
            if key not in rows or (rows[key].generation, rows[key].revision) <= (
                row.generation,
                row.revision,
            ):
                rows[key] = row
    return rows


@pytest.mark.parametrize("release", RELEASES)
def test_the_stream_goes_on_from_an_older_release(release: str, tmp_path: Path) -> None:
    packed = FOLDER / f"{release}.tar.xz"
    if release == THIS:
        keep(packed := tmp_path / "release.tar.xz")
    with emptied() as home:
        with tarfile.open(packed) as file:
            file.extractall(home, filter="data")
        with servers(home, "kafka") as environ:
            connection: dict[str, Any] = {"bootstrap.servers": environ["COVID_KAFKA_BOOTSTRAP"]}
            before = newest(connection)
            source = next(source for source, _, _ in before if source.startswith("verify-"))
            tap = Tap(connection["bootstrap.servers"])
            stream = Stream(streaming(environ, home), tmp_path / "stream.log")
            stream.start()
            try:
                # Needs the state: its metrics are differences to days that stand only there.
                send(
                    connection["bootstrap.servers"], [record("CA-ON", 40, source, confirmed=4_000, deaths=40)]
                )
                day = record("CA-ON", 40, source).date
                tap.until(lambda: ("CA-ON", day) in tap.of(source), START_SECONDS)
                assert tap.of(source)["CA-ON", day].new_confirmed == 100
            finally:
                stream.kill()
                tap.close()
            log = LogTable(connection).read_to(ends(connection, topics.RECORDS), lambda _: None)
            rows = newest(connection).values()
    duck = duckdb.connect()
    assert compute_expected(duck, log) >= len(before)
    columns = [[getattr(row, column.name) for row in rows] for column in COMPARED]
    found = pa.Table.from_pydict(
        dict(zip(EXPECTED_SCHEMA.names, columns, strict=True)), schema=EXPECTED_SCHEMA
    )
    none = EXPECTED_SCHEMA.empty_table()
    assert find_differences(duck, release, found, none, None, tombstones_expire=False) == []
