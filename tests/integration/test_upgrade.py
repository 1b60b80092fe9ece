"""Today's stream and what other releases have left: docs/operations.md, Upgrading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from confluent_kafka import Producer

from covid_cli.verify.compare import find_differences
from covid_cli.verify.log import LogTable
from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA, compute_expected
from covid_cli.verify.positions import Positions
from covid_core import messages, metrics, topics
from covid_core.region_state import STATE_FORMAT
from covid_core.rows import Row
from covid_process.topic import messages as read_topic
from tests.fixtures.make_release import record
from tests.fixtures.release import Release, releases, restore
from tests.integration.lone import servers, streaming
from tests.integration.sinks.process import until
from tests.integration.test_stream import START_SECONDS, Stream, send

pytestmark = pytest.mark.integration

NEWS = [
    # Their metrics are differences to days that stand only in the state, or in the log before.
    record("CA-ON", 40, confirmed=5_000, deaths=60),
    record("CA-ON", 3, confirmed=450, correction=True),
    record("CA-NU", 7, hours=3, withdrawn=True),
    record("CA-PE", 0, confirmed=1),
]


class Upgrade:
    """A log, its rows and a checkpoint that a release has left, and today's stream."""

    def __init__(self, release: Release, checkpoint: Path, settings: dict[str, str], log: Path) -> None:
        self.release = release
        self.checkpoint = checkpoint
        self.bootstrap = settings["COVID_KAFKA_BOOTSTRAP"]
        self.connection: dict[str, Any] = {"bootstrap.servers": self.bootstrap}
        self.left = self.newest()
        self.stream = Stream(settings, log)
        self._begun = Positions(self.connection).ends(topics.METRICS)
        self._log = log

    def send(self) -> None:
        """The news."""
        send(Producer(self.connection | {"partitioner": "murmur2_random"}), *NEWS)

    def answered(self) -> None:
        """Wait until the stream has read the whole log, by its own account."""
        positions = Positions(self.connection)
        wanted = positions.ends(topics.RECORDS)
        until(
            lambda: not positions.lags([topics.STREAM_GROUP], topics.RECORDS, wanted),
            "read",
            patience=START_SECONDS,
        )

    def rows(self, start: dict[int, int] | None = None) -> list[Row]:
        """The rows of `covid.metrics`, from these offsets on."""
        ends = Positions(self.connection).ends(topics.METRICS)
        found = read_topic(self.connection, topics.METRICS, start or {}, ends)
        return [row for message in found for row in messages.decode(message.value())]

    def emitted(self) -> list[Row]:
        """Those of today's stream."""
        return self.rows(self._begun)

    def newest(self) -> dict[tuple[str, str, dt.date], Row]:
        """What a store would hold that has read all of `covid.metrics`."""
        rows: dict[tuple[str, str, dt.date], Row] = {}
        for row in self.rows():
            key = row.source, row.region, row.date
            held = rows.get(key)
            if held is None or (held.generation, held.revision) <= (row.generation, row.revision):
                rows[key] = row
        return rows

    def differences(self) -> list[Any]:
        """Where the rows differ from what is recomputed from the log."""
        log = LogTable(self.connection).read_to(
            Positions(self.connection).ends(topics.RECORDS), lambda _: None
        )
        duck = duckdb.connect()
        assert compute_expected(duck, log) > len(self.left)
        rows = self.newest().values()
        columns = [[getattr(row, column.name) for row in rows] for column in COMPARED]
        found = pa.Table.from_pydict(
            dict(zip(EXPECTED_SCHEMA.names, columns, strict=True)), schema=EXPECTED_SCHEMA
        )
        none = EXPECTED_SCHEMA.empty_table()
        return find_differences(duck, "rows", found, none, None, tombstones_expire=False)

    def said(self) -> list[str]:
        """The stream's own lines."""
        return self._log.read_text().splitlines()


def files(folder: Path) -> dict[str, bytes]:
    """What stands in a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@contextmanager
def upgrade(packed: Path, home: Path, **others: Any) -> Iterator[Upgrade]:
    with servers(home, "kafka") as environ:
        settings = streaming(environ, home)
        release, checkpoint = restore(packed, settings, **others)
        left = Upgrade(release, checkpoint, settings, home / "stream.log")
        try:
            yield left
        finally:
            left.stream.kill()


def test_a_release_is_kept() -> None:
    assert releases()


@pytest.mark.parametrize("packed", releases(), ids=lambda path: path.name)
def test_the_stream_goes_on_from_what_a_release_has_left(packed: Path, tmp_path: Path) -> None:
    with upgrade(packed, tmp_path) as left:
        left.stream.start()
        left.send()
        left.answered()
        assert left.stream.stop() == 0
        assert left.differences() == []
        release = left.release
        if (release.state_format, release.generation.definition) != (STATE_FORMAT, metrics.DEFINITION):
            return  # it computes all anew, as the next test has it
        # Nothing is computed a second time: only the news' regions have rows, and newer ones.
        emitted = left.emitted()
        assert {row.region for row in emitted} == {one.region for one in NEWS}
        assert {row.generation for row in emitted} == {release.generation.generation}
        for row in emitted:
            before = left.left.get((row.source, row.region, row.date))
            assert before is None or row.revision > before.revision


def test_rows_of_another_definition_are_computed_anew(tmp_path: Path) -> None:
    # As a newer release leaves them, after which somebody goes back to this one.
    with upgrade(releases()[-1], tmp_path, definition=metrics.DEFINITION + 1) as left:
        before = files(left.checkpoint)
        left.send()
        left.stream.start()
        left.answered()
        assert left.stream.stop() == 0
        assert left.differences() == []
        assert files(left.checkpoint) == before
        assert {row.generation for row in left.emitted()} == {left.release.generation.generation + 1}
        assert left.left.keys() <= {(row.source, row.region, row.date) for row in left.emitted()}


def test_what_cannot_be_read_ends_the_stream_with_what_to_do_and_other_state_is_left_alone(
    tmp_path: Path,
) -> None:
    with upgrade(releases()[-1], tmp_path) as left:
        left.send()
        newest = max((left.checkpoint / "commits").glob("[0-9]*"), key=lambda file: int(file.name))
        text = newest.read_text()
        assert text.startswith("v1\n")
        newest.write_text(text.replace("v1", "v9", 1))
        left.stream.start()
        assert left.stream.ended(START_SECONDS) == 1
        (sentence,) = (line for line in left.said() if "this release cannot read the checkpoint" in line)
        assert f"{left.checkpoint} (INVALID_LOG_VERSION" in sentence
        assert "delete this folder and start the stream again" in sentence
        assert left.emitted() == []
        # Gone, and there as a release with another format of the state leaves it: both mean to begin anew.
        other = left.checkpoint.rename(left.checkpoint.with_name(f"{left.checkpoint.name}9"))
        before = files(other)
        left.stream.start()
        left.answered()
        assert left.stream.stop() == 0
        assert left.differences() == []
        assert files(other) == before
        assert {row.generation for row in left.emitted()} == {left.release.generation.generation}
        assert left.left.keys() <= {(row.source, row.region, row.date) for row in left.emitted()}
