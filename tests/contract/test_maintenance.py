"""`covid maintain` on the lake: small files become large ones, and whoever writes meanwhile goes on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from covid_core import topics
from covid_core.lake import METRICS, RECORDS, Positions, stored
from covid_sinks.contract import Message, WriteReport
from covid_sinks.iceberg import maintenance
from covid_sinks.iceberg.archive import IcebergArchive
from covid_sinks.iceberg.commit import replace_files
from covid_sinks.iceberg.files import Part, write_parts
from covid_sinks.iceberg.maintenance import Limits, maintain
from covid_sinks.iceberg.metrics import IcebergSink
from tests.contract.lake import LakeStore, files_of
from tests.contract.suite import DAY, by_key, row

RECEIVED = 1_654_430_400_123
NOW = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""From where every snapshot and file is old."""
EVERYTHING = Limits(0.0, 0.0)


@pytest.fixture
def store(stack: Any) -> LakeStore:
    return LakeStore(dict(stack.settings))


class TestMaintenance:
    def archive(self, store: LakeStore) -> IcebergArchive:
        opened = IcebergArchive(store.lake(), lambda: "a", store.name)
        opened.open()
        return opened

    def log(self, first: int, last: int) -> list[Message]:
        return [
            Message(topics.RECORDS, i % 2, i // 2, RECEIVED, None, b"%d" % i, ()) for i in range(first, last)
        ]

    def values(self, store: LakeStore) -> list[bytes]:
        return sorted(store.table().scan().to_arrow()["value"].to_pylist())

    def test_many_files_become_one_and_nothing_else_changes(self, store: LakeStore) -> None:
        archive = self.archive(store)
        for start in range(0, 24, 2):
            archive.append(self.log(start, start + 2))
        before = (
            store.table().scan().to_arrow().sort_by([("partition", "ascending"), ("offset", "ascending")])
        )
        covered = stored(store.table())
        would = maintain(store.table(), RECORDS, EVERYTHING, NOW, print, dry_run=True)
        assert (would.files_before, would.files_after) == (12, 1)
        assert len(list(store.table().scan().plan_files())) == 12
        done = maintain(store.table(), RECORDS, EVERYTHING, NOW, print, dry_run=False)
        assert (done.files_before, done.files_after, done.rows) == (12, 1, 24)
        # The one that merged, which was the current one, and the one that came with forgetting all before.
        assert done.snapshots_after == len(store.table().snapshots()) == 2
        table = store.table()
        assert table.scan().to_arrow() == before
        assert stored(table) == covered == Positions("a", {0: 12, 1: 12})
        assert done.removed_files > 12
        assert sum("/data/" in path for path in files_of(store)) == 1
        # Again: nothing to do, and nothing is done.
        again = maintain(table, RECORDS, EVERYTHING, dt.datetime.now(dt.UTC), print, dry_run=False)
        assert (again.files_before, again.files_after) == (1, 1)
        assert self.archive(store).append(self.log(0, 26)) == 2
        assert len(self.values(store)) == 26

    def test_what_is_young_stays(self, store: LakeStore) -> None:
        archive = self.archive(store)
        for start in range(4):
            archive.append(self.log(start, start + 1))
        stood, snapshots = files_of(store), len(store.table().snapshots())
        done = maintain(store.table(), RECORDS, Limits(), dt.datetime.now(dt.UTC), print, dry_run=False)
        assert done.removed_files == 0
        assert done.snapshots_after == snapshots + 1  # the one that merged
        assert set(stood) <= set(files_of(store))
        for snapshot in store.table().snapshots():
            store.table().scan(snapshot_id=snapshot.snapshot_id).to_arrow()

    def test_a_file_is_as_large_as_the_limits_say(self, store: LakeStore) -> None:
        archive = self.archive(store)
        for start in range(0, 12, 2):
            archive.append(self.log(start, start + 2))
        limits = EVERYTHING._replace(rows=5)
        for _ in range(2):
            maintain(store.table(), RECORDS, limits, NOW, print, dry_run=False)
            counts = [task.file.record_count for task in store.table().scan().plan_files()]
            assert counts == [4, 4, 4]  # and those are not touched again
        assert self.values(store) == sorted(b"%d" % i for i in range(12))

    def test_a_commit_in_the_middle_is_kept(self, store: LakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
        archive = self.archive(store)
        for start in range(4):
            archive.append(self.log(start, start + 1))
        come = iter(range(4, 7))

        def interrupted(*given: Any) -> list[str]:
            for start in come:
                archive.append(self.log(start, start + 1))
                break
            return replace_files(*given)

        monkeypatch.setattr(maintenance, "replace_files", interrupted)
        done = maintain(store.table(), RECORDS, EVERYTHING, NOW, print, dry_run=False)
        # Three commits met ours: those files stand beside the merged one.
        assert done.files_after == 4
        assert self.values(store) == [b"%d" % i for i in range(7)]
        assert stored(store.table()) == Positions("a", {0: 4, 1: 3})
        # The archive, which knew nothing of it, goes on.
        assert archive.append(self.log(0, 9)) == 2
        assert self.values(store) == [b"%d" % i for i in range(9)]

    def test_files_that_the_sink_replaced_meanwhile_are_left_alone(
        self, store: LakeStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sink = IcebergSink(store.lake(), store.name)
        sink.open()
        sink.write([row(1)], positions=Positions("a", {0: 1}))
        # Another writer's file beside the sink's.
        table = store.table()
        other = table.scan().to_arrow()
        other = other.set_column(other.schema.get_field_index("source"), "source", [["other"]])
        replace_files(table, (), write_parts(table, {Part("CA-ON", DAY.year): other}), {}, [])
        come = iter((row(2),))

        def interrupted(*given: Any) -> list[str]:
            for fresh in come:
                sink.write([fresh], positions=Positions("a", {0: 2}))
            return replace_files(*given)

        monkeypatch.setattr(maintenance, "replace_files", interrupted)
        done = maintain(store.table(), METRICS, EVERYTHING, NOW, print, dry_run=False)
        assert done.files_after == 1
        assert store.rows() == by_key([row(2), row(1, source="other")])
        assert stored(store.table()) == Positions("a", {0: 2})
        assert sink.write([row(3)], positions=Positions("a", {0: 3})) == WriteReport(1, 0)
        sink.close()
        assert store.rows() == by_key([row(3), row(1, source="other")])

    def test_files_of_two_writers_become_one_a_region_and_year(self, store: LakeStore) -> None:
        sink = IcebergSink(store.lake(), store.name)
        sink.open()
        sink.write([row(1), row(1, region="CA-QC")], positions=Positions("a", {0: 1}))
        table = store.table()
        other = table.scan(row_filter="region = 'CA-ON'").to_arrow()
        other = other.set_column(other.schema.get_field_index("source"), "source", [["other"]])
        replace_files(table, (), write_parts(table, {Part("CA-ON", DAY.year): other}), {}, [])
        # That commit had no positions, and those from before must outlive the snapshots that have them.
        maintain(store.table(), METRICS, EVERYTHING, NOW, print, dry_run=False)
        table = store.table()
        assert len(list(table.scan().plan_files())) == 2
        assert len(table.snapshots()) == 2
        assert stored(table) == Positions("a", {0: 1})
        assert store.rows() == by_key([row(1), row(1, region="CA-QC"), row(1, source="other")])
        # Nights later: all that the sink has in mind is gone.
        for _ in range(2):
            maintain(store.table(), METRICS, EVERYTHING, NOW, print, dry_run=False)
        assert sink.write([row(2)], positions=Positions("a", {0: 2})) == WriteReport(1, 0)
        sink.close()
        assert store.rows() == by_key([row(2), row(1, region="CA-QC"), row(1, source="other")])
