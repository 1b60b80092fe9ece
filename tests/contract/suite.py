"""The contract of a sink as tests. Every adapter's class inherits `SinkContract` and gives it a `Store`."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covid_core.rows import COLUMNS, ColumnType, Row
from covid_sinks.contract import Rejected, Sink, Transient, WriteReport, newest

Key = tuple[str, str, dt.date]
DAY = dt.date(2021, 1, 2)


class Store(ABC):
    """One table of a real store, read with the store's own ordinary client."""

    @abstractmethod
    def sink(self) -> Sink:
        """A new adapter on the table, not opened."""

    @abstractmethod
    def rows(self) -> dict[Key, Row]:
        """Everything in the table."""

    def without_column(self, name: str) -> None:
        """Make the table (which does not exist yet) as an older version would have, without the column."""
        pytest.skip("this store has no columns")

    def bad_rows(self) -> list[Row]:
        """Rows that this store can never take."""
        return []


def row(revision: int = 1, /, **values: Any) -> Row:
    """A row with plausible values that depend on its revision."""
    fields: dict[str, Any] = {
        "source": "phac",
        "region": "CA-ON",
        "date": DAY,
        "confirmed": 1000 + revision,
        "deaths": revision,
        "avg7_confirmed": revision / 7,
        "revision": revision,
        "generation": 1,
        "lineage": f"{revision}",
    }
    return Row(**(fields | values))


def tombstone(revision: int, /, **values: Any) -> Row:
    """A deleted row."""
    fields: dict[str, Any] = {"source": "phac", "region": "CA-ON", "date": DAY, "deleted": True}
    return Row(**(fields | {"revision": revision, "generation": 1} | values))


def key(of: Row) -> Key:
    return of.source, of.region, of.date


def by_key(rows: Iterable[Row]) -> dict[Key, Row]:
    return {key(r): r for r in rows}


def patiently(sink: Sink, rows: Sequence[Row], **options: Any) -> WriteReport:
    """Write as the runner does: again after `Transient`, which two writers at once may cause each other."""
    for _ in range(50):
        try:
            return sink.write(rows, **options)
        except Transient:
            continue
    raise AssertionError("the store never took the write")


class SinkContract:
    """What every store must do. A subclass has a fixture `store`."""

    fresh_source = itertools.count()
    examples = 15

    @pytest.fixture
    def sink(self, store: Store) -> Iterable[Sink]:
        opened = store.sink()
        opened.open()
        yield opened
        opened.close()

    def test_fresh_rows_are_applied(self, store: Store, sink: Sink) -> None:
        rows = [row(1), row(2, region="CA-QC"), row(3, date=DAY + dt.timedelta(1)), row(4, source="jhu")]
        assert sink.write(rows) == WriteReport(4, 0)
        assert store.rows() == by_key(rows)

    def test_a_replay_changes_nothing(self, store: Store, sink: Sink) -> None:
        rows = [row(7, region=region) for region in ("CA", "CA-ON", "CA-QC")]
        sink.write(rows)
        changed = [msgspec.structs.replace(r, confirmed=0) for r in rows]
        assert sink.write(changed) == WriteReport(0, 3)
        assert store.rows() == by_key(rows)

    def test_an_older_revision_is_ignored(self, store: Store, sink: Sink) -> None:
        sink.write([row(8)])
        assert sink.write([row(7)]) == WriteReport(0, 1)
        assert store.rows() == by_key([row(8)])

    def test_a_newer_revision_replaces_every_field(self, store: Store, sink: Sink) -> None:
        sink.write([row(1, recovered=5, recovered_status="not_due", doubling_time=3.5)])
        assert sink.write([row(2)]) == WriteReport(1, 0)
        assert store.rows() == by_key([row(2)])

    def test_a_batch_of_stale_and_fresh_rows(self, store: Store, sink: Sink) -> None:
        days = [DAY + dt.timedelta(i) for i in range(250)]
        sink.write([row(5, date=day) for day in days[::2]])
        update = [row(6 if i % 3 == 0 else 4, date=day) for i, day in enumerate(days)]
        stale = sum(1 for i in range(250) if i % 2 == 0 and i % 3 != 0)
        assert sink.write(update) == WriteReport(250 - stale, stale)
        expected = by_key(row(5, date=day) for day in days[::2])
        expected |= by_key(r for i, r in enumerate(update) if i % 2 or i % 3 == 0)
        assert store.rows() == expected

    def test_a_newer_generation_wins_whatever_the_revision(self, store: Store, sink: Sink) -> None:
        sink.write([row(900)])
        assert sink.write([row(3, generation=2)]) == WriteReport(1, 0)
        assert sink.write([row(901)]) == WriteReport(0, 1)
        assert store.rows() == by_key([row(3, generation=2)])

    def test_a_tombstone_stays_against_a_late_writer(self, store: Store, sink: Sink) -> None:
        sink.write([row(5)])
        sink.write([tombstone(6)])
        assert sink.write([row(5)]) == WriteReport(0, 1)
        assert store.rows() == by_key([tombstone(6)])
        sink.write([row(7)])
        assert store.rows() == by_key([row(7)])

    def test_a_tombstone_of_an_unknown_row_is_kept(self, store: Store, sink: Sink) -> None:
        sink.write([tombstone(6)])
        assert sink.write([row(5)]) == WriteReport(0, 1)
        assert store.rows() == by_key([tombstone(6)])

    def test_a_repair_replaces_the_same_revision_and_no_newer_one(self, store: Store, sink: Sink) -> None:
        sink.write([row(5), row(9, region="CA-QC")])
        repairs = [row(5, confirmed=4711), row(8, region="CA-QC"), row(1, region="CA-BC")]
        assert sink.write(repairs, repair=True) == WriteReport(2, 1)
        assert store.rows() == by_key([repairs[0], row(9, region="CA-QC"), repairs[2]])

    def test_null_zero_and_every_status_stay_different(self, store: Store, sink: Sink) -> None:
        rows = [
            row(
                1, region="CA-AB", confirmed=0, deaths=None, avg7_confirmed=0.0, active=-3, new_confirmed=-12
            ),
            row(1, region="CA-BC", confirmed=None, deaths=0, avg7_confirmed=None, incidence=0.0),
            *(
                row(1, region=f"CA-{code}", recovered=None, recovered_status=status, recovered_source="jhu")
                for code, status in zip(
                    ("MB", "NB", "NL", "NS"), ("missing", "suppressed", "not_due", "ended"), strict=True
                )
            ),
            row(1, region="CA-NT", recovered=7, recovered_status="not_due"),
            row(1, region="CA-NU", lineage=""),
        ]
        sink.write(rows)
        assert store.rows() == by_key(rows)

    def test_every_column_is_kept(self, store: Store, sink: Sink) -> None:
        values = {
            ColumnType.STRING: "ended",
            ColumnType.INT64: 123,
            ColumnType.FLOAT64: 0.1,
            ColumnType.BOOL: False,
        }
        full: dict[str, Any] = {c.name: values[c.type] for c in COLUMNS if c.type in values}
        whole = row(1, **(full | {"source": "phac", "region": "CA-ON", "revision": 5, "generation": 3}))
        sink.write([whole])
        assert store.rows() == by_key([whole])

    @pytest.mark.parametrize(
        "number", [1 / 3, 0.1 + 0.2, 1e-9, 123456.789012345, 2.2250738585072014e-100, -7.0, 2**53 / 3]
    )
    def test_floats_stay_exact_to_a_part_in_10_12(self, store: Store, sink: Sink, number: float) -> None:
        sink.write([row(1, incidence=number)])
        (stored,) = store.rows().values()
        assert stored.incidence == pytest.approx(number, rel=1e-12, abs=0)

    def test_the_greatest_counts_stay_exact(self, store: Store, sink: Sink) -> None:
        big = row(2**53, confirmed=2**53, new_confirmed=-(2**53), tests=2**53 - 1)
        sink.write([big])
        assert store.rows() == by_key([big])

    def test_long_and_foreign_text(self, store: Store, sink: Sink) -> None:
        rows = [
            row(1, source="a" * 63),
            row(1, lineage="é 漢字 🦠 ' \" \\ \t%s {} ;--"),
            row(1, source="x-1"),
        ]
        sink.write(rows)
        assert store.rows() == by_key(rows)

    def test_keys_differ_by_case(self, store: Store, sink: Sink) -> None:
        rows = [row(1, source="abc"), row(1, source="ABC", confirmed=5)]
        sink.write(rows)
        assert store.rows() == by_key(rows)

    def test_a_batch_of_5000(self, store: Store, sink: Sink) -> None:
        days = [dt.date(2020, 1, 22) + dt.timedelta(i) for i in range(1000)]
        rows = [
            row(i, region=f"CA-{c}", date=day)
            for i, day in enumerate(days)
            for c in ("ON", "QC", "BC", "AB", "NS")
        ]
        assert sink.write(rows) == WriteReport(5000, 0)
        assert store.rows() == by_key(rows)

    def test_opening_again_changes_nothing(self, store: Store, sink: Sink) -> None:
        sink.write([row(1)])
        again = store.sink()
        again.open()
        again.open()
        assert again.write([row(1)]) == WriteReport(0, 1)
        assert again.write([row(2)]) == WriteReport(1, 0)
        again.close()
        assert store.rows() == by_key([row(2)])

    def test_a_closed_sink_opens_again(self, store: Store, sink: Sink) -> None:
        sink.write([row(1)])
        sink.close()
        sink.open()
        assert sink.write([row(2)]) == WriteReport(1, 0)
        assert store.rows() == by_key([row(2)])

    def test_a_missing_column_is_added(self, store: Store) -> None:
        store.without_column("doubling_time")
        sink = store.sink()
        sink.open()
        sink.write([row(2, doubling_time=2.5)])
        sink.close()
        assert store.rows() == by_key([row(2, doubling_time=2.5)])

    def test_processes_that_open_at_once(self, store: Store) -> None:
        errors: list[BaseException] = []
        regions = iter(("CA-ON", "CA-QC", "CA-BC", "CA-AB"))

        def start() -> None:
            region = next(regions)
            try:
                for _ in range(20):
                    opened = store.sink()
                    try:
                        opened.open()
                    except Transient:
                        continue
                    patiently(opened, [row(1, region=region)])
                    opened.close()
                    return
                raise AssertionError("never opened")
            except BaseException as error:
                errors.append(error)

        together(start, 4)
        assert errors == []
        assert len(store.rows()) == 4

    def test_two_writers_at_once_leave_the_newest(self, store: Store, sink: Sink) -> None:
        days = [DAY + dt.timedelta(i) for i in range(40)]
        other = store.sink()
        other.open()
        errors: list[BaseException] = []
        turns = iter((sink, other))

        def work() -> None:
            mine = next(turns)
            try:
                for turn in range(5):
                    revision = 2 * turn + (mine is sink) + 1
                    patiently(mine, [row(revision, date=day) for day in days])
            except BaseException as error:
                errors.append(error)

        together(work, 2)
        other.close()
        assert errors == []
        assert store.rows() == by_key(row(10, date=day) for day in days)

    def test_rejected_names_the_bad_rows_and_the_others_can_go_on(self, store: Store, sink: Sink) -> None:
        bad = store.bad_rows()
        if not bad:
            pytest.skip("this store takes everything")
        good = [row(1, date=DAY + dt.timedelta(i)) for i in range(150)]
        rows: list[Row] = [*good[:70], *bad, *good[70:]]
        refused: list[Row] = []
        while True:
            try:
                sink.write(rows)
                break
            except Rejected as error:
                assert error.rows
                assert all(error.reasons)
                refused += error.rows
                rows = [r for r in rows if r not in error.rows]
        assert by_key(refused) == by_key(bad)
        assert store.rows() == by_key(good)

    def test_older_generations_can_be_dropped(self, store: Store, sink: Sink) -> None:
        old = [row(1, date=DAY + dt.timedelta(i)) for i in range(5)] + [tombstone(9, region="CA-YT")]
        new = [row(1, date=DAY + dt.timedelta(i), generation=2) for i in range(3, 8)]
        sink.write(old)
        sink.write(new)
        assert sink.drop_before(2) == 4
        assert store.rows() == by_key(new)
        assert sink.drop_before(2) == 0
        assert sink.write([row(1, generation=2)]) == WriteReport(1, 0)

    def test_any_order_duplication_and_batching_ends_the_same(self, store: Store, sink: Sink) -> None:
        fresh = self.fresh_source

        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(histories())
        def check(history: tuple[list[tuple[int, int, int, bool]], list[list[int]]]) -> None:
            versions, batches = history
            source = f"any-{next(fresh)}"
            rows = [version(source, *v) for v in versions]
            for batch in batches:
                sink.write(newest(rows[i] for i in batch))
            # Every version was in some batch, so the newest of all is what must stand.
            stored = {k: r for k, r in store.rows().items() if k[0] == source}
            assert stored == by_key(newest(rows))

        check()


def version(source: str, place: int, generation: int, revision: int, deleted: bool) -> Row:
    """One version of a row; equal (generation, revision) of a key means equal content."""
    region, date = ("CA-ON", "CA-QC")[place % 2], DAY + dt.timedelta(400 * (place // 2))
    make = tombstone if deleted else row
    return make(revision, source=source, region=region, date=date, generation=generation)


def histories() -> st.SearchStrategy[tuple[list[tuple[int, int, int, bool]], list[list[int]]]]:
    """Versions of up to four keys, and batches (lists of indexes) in which each occurs at least once."""
    versions = st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(1, 4), st.just(False)),
        min_size=1,
        max_size=8,
        unique_by=lambda v: v[:3],
    ).map(lambda found: [(p, g, r, (p + g + r) % 3 == 0) for p, g, r, _ in found])

    def with_batches(found: list[tuple[int, int, int, bool]]) -> Any:
        indexes = list(range(len(found)))
        order = st.tuples(st.permutations(indexes), st.lists(st.sampled_from(indexes), max_size=4))
        cuts = st.lists(st.integers(1, 4), min_size=12, max_size=12)
        return st.tuples(
            st.just(found),
            st.tuples(order, cuts).map(lambda drawn: cut([*drawn[0][0], *drawn[0][1]], drawn[1])),
        )

    return versions.flatmap(with_batches)


def cut(items: list[int], sizes: list[int]) -> list[list[int]]:
    """Consecutive pieces of the given sizes."""
    pieces, start = [], 0
    for size in sizes:
        if start >= len(items):
            break
        pieces.append(items[start : start + size])
        start += size
    return pieces


def together(work: Any, count: int) -> None:
    """Run `work` in several threads at once."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
