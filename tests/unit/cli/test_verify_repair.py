"""Which rows a repair sends, of those that a comparison has found to differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pytest

from covid_cli.verify import repair
from covid_cli.verify.compare import Key
from covid_cli.verify.oracle import LOG_SCHEMA, Entry, compute_expected, log_batch
from covid_cli.verify.repair import Basis, repairs
from covid_core import messages as packed
from covid_core.partitioning import partition_of
from covid_core.records import Record
from covid_core.rows import Row

DAY = dt.date(2021, 1, 2)
KEY: Key = ("phac", "CA-ON", DAY)
NEXT: Key = ("phac", "CA-ON", DAY + dt.timedelta(days=1))
PARTITIONS = 4
HOME = partition_of("CA-ON", PARTITIONS)
READ = 5
"""Where the log of the region ended when the oracle read it: its one record is the newest there."""
BASIS = Basis(dict.fromkeys(range(PARTITIONS), 900) | {HOME: READ}, {0: 1})
"""The other partitions are longer: a region's revisions are counted in its own. One message was compared."""


class Sent(NamedTuple):
    """A message of `covid.metrics`."""

    at: int
    rows: tuple[Row, ...]

    def value(self) -> bytes:
        return next(packed.encode(self.rows))

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at


def row(key: Key = KEY, confirmed: int = 10, revision: int = READ, generation: int = 1) -> Row:
    return Row(
        *key, confirmed=confirmed, confirmed_source="phac", revision=revision, generation=generation,
        lineage=f"{HOME}:{revision - 1}",
    )  # fmt: skip


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """What the oracle expects of a log with one record, of `KEY`."""
    reported = dt.datetime(2021, 1, 3, tzinfo=dt.UTC)
    record = Record(source="phac", region="CA-ON", date=DAY, confirmed=10, reported_at=reported)
    entry = Entry(HOME, READ - 1, round(reported.timestamp() * 1000), record)
    with duckdb.connect() as connection:
        compute_expected(connection, pa.Table.from_batches([log_batch([entry])], schema=LOG_SCHEMA))
        yield connection


@pytest.fixture
def sends(duck: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a repair of a key sends, after these messages with a row each."""

    def sent(key: Key, *rows: Row) -> list[tuple[int | None, bool, int, int]]:
        log = [Sent(at, (one,)) for at, one in enumerate(rows)]
        monkeypatch.setattr(repair, "messages", lambda *_: iter(log))
        found = repairs(duck, [key], {}, BASIS, {0: len(log)})
        assert all((one.source, one.region, one.date) == key for one in found)
        return [(one.confirmed, one.deleted, one.generation, one.revision) for one in found]

    return sent


def test_what_the_stream_sent_last_is_sent_again_where_the_oracle_expects_it(sends: Any) -> None:
    assert sends(KEY, row()) == [(10, False, 1, READ)]


def test_a_row_that_was_sent_wrong_is_sent_right_under_its_revision(sends: Any) -> None:
    assert sends(KEY, row(confirmed=11)) == [(10, False, 1, READ)]
    assert sends(NEXT, row(NEXT, revision=READ - 1)) == [(None, True, 1, READ - 1)]


def test_a_row_that_nobody_has_sent_is_hidden(sends: Any) -> None:
    assert sends(NEXT, row()) == [(None, True, 1, READ)]


def test_a_row_that_changed_since_the_comparison_is_left_alone(sends: Any) -> None:
    """It follows from a record that the oracle has not read: what it expects is of before."""
    assert sends(KEY, row(), row(confirmed=99, revision=READ + 1)) == []


def test_a_row_that_is_new_since_the_comparison_is_left_alone(sends: Any) -> None:
    assert sends(NEXT, row(), row(NEXT, confirmed=120, revision=READ + 1)) == []


def test_a_row_of_a_generation_that_began_since_the_comparison_is_left_alone(sends: Any) -> None:
    assert sends(KEY, row(), row(confirmed=99, revision=1, generation=2)) == []


def test_a_row_of_the_generation_that_was_compared_is_repaired(sends: Any) -> None:
    assert sends(KEY, row(confirmed=11, revision=READ, generation=2)) == [(10, False, 2, READ)]
    assert sends(NEXT, row(generation=2)) == [(None, True, 2, READ)]
    # Revisions of an earlier one may be greater: its partitions were others.
    assert sends(KEY, row(NEXT, generation=2), row(confirmed=11, revision=99)) == [(10, False, 1, 99)]


def test_a_row_that_nobody_has_sent_is_hidden_in_the_generation_that_was_compared(sends: Any) -> None:
    """So that a row of the one that has begun since comes after."""
    assert sends(NEXT, row(), row(generation=2)) == [(None, True, 1, READ)]
