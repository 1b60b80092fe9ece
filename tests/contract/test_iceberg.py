"""The contract on Iceberg tables in SeaweedFS, and what only a lake promises."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from typing import Any

import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import StringType

from covid_core import topics
from covid_core.environment import load
from covid_core.lake import METRICS, RECORDS, Positions, stored
from covid_core.records import Record, encode
from covid_core.rows import KEY, Row
from covid_core.settings import IcebergSettings, S3Settings
from covid_sinks.contract import Message, Sink, Transient, WriteReport
from covid_sinks.iceberg import maintenance
from covid_sinks.iceberg.archive import IcebergArchive
from covid_sinks.iceberg.commit import replace_files
from covid_sinks.iceberg.expire import Expiry
from covid_sinks.iceberg.files import Part, write_parts
from covid_sinks.iceberg.lake import PROPERTIES, Lake
from covid_sinks.iceberg.maintenance import Limits, maintain
from covid_sinks.iceberg.metrics import SCHEMA, SPEC, STATISTICS, IcebergSink
from tests.contract.suite import DAY, Key, SinkContract, Store, by_key, row

RECEIVED = 1_654_430_400_123


class LakeStore(Store):
    def __init__(self, env: dict[str, str]) -> None:
        self.iceberg, self.s3 = load(IcebergSettings, env, str), load(S3Settings, env, str)
        self.name = f"contract_{uuid.uuid4().hex}"

    def lake(self) -> Lake:
        return Lake(self.iceberg, self.s3)

    def sink(self) -> Sink:
        return IcebergSink(self.lake(), self.name)

    def table(self, name: str | None = None) -> Table:
        catalog = SqlCatalog(
            "covid",
            uri=self.iceberg.uri or "",
            **{
                "s3.endpoint": self.s3.endpoint or "",
                "s3.access-key-id": self.s3.access_key or "",
                "s3.secret-access-key": self.s3.secret_key or "",
                "s3.region": self.s3.region,
                "s3.force-virtual-addressing": "false",
            },
        )
        return catalog.load_table((self.iceberg.namespace, name or self.name))

    def rows(self) -> dict[Key, Row]:
        found = self.table().scan().to_arrow().to_pylist()
        assert len(found) == len({(r["source"], r["region"], r["date"]) for r in found})
        return by_key(Row(**values) for values in found)

    def without_column(self, name: str) -> None:
        fields = [field for field in SCHEMA.fields if field.name != name]
        self.lake().table(self.name, Schema(*fields), SPEC)

    def bad_rows(self) -> list[Row]:
        return [row(1, confirmed=2**63, region="CA-PE"), row(1, tests=-(2**70), region="CA-NU")]


def files_of(store: LakeStore) -> list[str]:
    """Every data, manifest and manifest list file that stands under the table's location."""
    files = pafs.S3FileSystem(
        endpoint_override=store.s3.endpoint,
        access_key=store.s3.access_key,
        secret_key=store.s3.secret_key,
        region=store.s3.region,
        force_virtual_addressing=False,
    )
    under = pafs.FileSelector(store.table().location().removeprefix("s3://"), recursive=True)
    return [f.path for f in files.get_file_info(under) if f.is_file and not f.path.endswith(".json")]


@pytest.fixture
def store(stack: Any) -> LakeStore:
    return LakeStore(dict(stack.settings))


class TestIceberg(SinkContract):
    examples = 8

    def test_positions_stand_with_the_rows(self, store: LakeStore, sink: Sink) -> None:
        sink.write([row(1)], positions=Positions("a", {0: 5}))
        sink.write([row(2)], positions=Positions("a", {1: 7}))
        assert sink.covered() == Positions("a", {0: 5, 1: 7})
        again = store.sink()
        again.open()
        assert again.covered() == Positions("a", {0: 5, 1: 7})
        again.write([row(3)], positions=Positions("b", {0: 1}))
        again.close()
        assert stored(store.table()) == Positions("b", {0: 1})

    def test_positions_outlive_a_commit_without_them(self, store: LakeStore, sink: Sink) -> None:
        sink.write([row(1)], positions=Positions("a", {0: 5}))
        sink.write([row(1, generation=2, region="CA-QC")])
        sink.drop_before(2)
        assert sink.covered() == Positions("a", {0: 5})

    def test_a_region_and_year_is_one_file(self, store: LakeStore, sink: Sink) -> None:
        for revision in range(1, 4):
            sink.write(
                [row(revision), row(revision, region="CA-QC"), row(revision, date=DAY.replace(year=2022))]
            )
        files = [task.file.partition for task in store.table().scan().plan_files()]
        assert sorted((part[0], part[1]) for part in files) == [("CA-ON", 51), ("CA-ON", 52), ("CA-QC", 51)]

    def test_a_file_says_the_bounds_of_what_rows_are_looked_for_by(
        self, store: LakeStore, sink: Sink
    ) -> None:
        sink.write([row(1, confirmed=5), row(3, confirmed=7, date=DAY + dt.timedelta(1))])
        table = store.table()
        (task,) = table.scan().plan_files()
        bounds = {table.schema().find_column_name(number) for number in task.file.lower_bounds}
        assert bounds == {*KEY, "generation", "revision"}
        assert task.file.lower_bounds.keys() == task.file.upper_bounds.keys()
        assert set(task.file.value_counts) == {field.field_id for field in table.schema().fields}
        assert task.file.file_size_in_bytes == len(table.io.new_input(task.file.file_path))
        assert table.scan(row_filter="revision > 3").to_arrow().num_rows == 0

    def test_a_column_of_a_newer_program_stays_and_is_null_where_this_one_writes(
        self, store: LakeStore, sink: Sink
    ) -> None:
        sink.write([row(1)])
        with store.table().update_schema() as update:
            update.add_column("of_tomorrow", StringType())
        again = store.sink()
        again.open()
        again.write([row(2)])
        again.close()
        found = store.table().scan().to_arrow()
        assert found["of_tomorrow"].to_pylist() == [None]
        assert found["revision"].to_pylist() == [2]

    def test_properties_that_a_table_lacks_are_set_and_others_stay(self, store: LakeStore) -> None:
        table = store.lake().table(store.name, SCHEMA, SPEC)
        with table.transaction() as transaction:
            transaction.set_properties({"write.metadata.metrics.default": "none"})
        sink = store.sink()
        sink.open()
        sink.close()
        assert store.table().properties == {
            **PROPERTIES,
            **STATISTICS,
            "write.metadata.metrics.default": "none",
        }

    def test_files_are_written_as_the_tables_properties_say(self, store: LakeStore) -> None:
        table = store.lake().table(store.name, SCHEMA, SPEC)
        with table.transaction() as transaction:
            transaction.set_properties(
                {"write.parquet.compression-codec": "gzip", "write.parquet.row-group-limit": "2"}
            )
        sink = store.sink()
        sink.open()
        sink.write([row(1, date=DAY + dt.timedelta(day)) for day in range(5)])
        sink.close()
        (task,) = store.table().scan().plan_files()
        with table.io.new_input(task.file.file_path).open() as file:
            found = pq.ParquetFile(file).metadata
        assert found.row_group(0).column(0).compression == "GZIP"
        assert [found.row_group(number).num_rows for number in range(found.num_row_groups)] == [2, 2, 1]

    def test_a_snapshot_that_has_a_name_stays_and_can_be_read(self, store: LakeStore) -> None:
        sink = IcebergSink(store.lake(), store.name, lambda: Expiry(every=2, keep=2, grace=0))
        sink.open()
        sink.write([row(1)])
        table = store.table()
        named = table.metadata.current_snapshot_id
        assert named is not None
        table.manage_snapshots().create_tag(named, "as-published").commit()
        for revision in range(2, 12):
            sink.write([row(revision)])
        sink.close()
        time.sleep(1)  # what the sink removes, it removes in the background
        table = store.table()
        assert named in {snapshot.snapshot_id for snapshot in table.snapshots()}
        assert len(table.snapshots()) <= 6
        assert table.scan(snapshot_id=named).to_arrow()["revision"].to_pylist() == [1]

    def test_another_writers_commit_is_seen(self, store: LakeStore, sink: Sink) -> None:
        sink.write([row(1)])
        other = store.sink()
        other.open()
        other.write([row(5), row(5, region="CA-QC")])
        other.close()
        assert sink.write([row(3), row(3, region="CA-BC")]) == WriteReport(1, 1)
        assert store.rows() == by_key([row(5), row(5, region="CA-QC"), row(3, region="CA-BC")])

    def test_metadata_stays_small_and_what_is_not_needed_goes(self, store: LakeStore) -> None:
        sink = IcebergSink(store.lake(), store.name, lambda: Expiry(every=5, keep=3, grace=0.0))
        sink.open()
        for revision in range(1, 31):
            sink.write([row(revision)], positions=Positions("a", {0: revision}))
        table = store.table()
        assert len(table.snapshots()) <= 3 + 5
        deadline = time.monotonic() + 20
        while len(files_of(store)) > 40 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(files_of(store)) <= 40
        sink.close()
        assert stored(table) == Positions("a", {0: 30})
        assert store.rows() == by_key([row(30)])
        for snapshot in table.snapshots():
            table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()  # each still finds its files

    def test_a_lake_that_is_down_is_transient(self, store: LakeStore) -> None:
        nowhere = S3Settings(endpoint="http://127.0.0.1:9", access_key="x", secret_key="y", bucket="b")
        sink = IcebergSink(Lake(store.iceberg, nowhere), store.name)
        with pytest.raises(Transient):
            sink.open()


class TestArchive:
    def archive(self, store: LakeStore, topic_id: str = "a") -> IcebergArchive:
        opened = IcebergArchive(store.lake(), lambda: topic_id, store.name)
        opened.open()
        return opened

    def test_messages_are_kept_byte_for_byte(self, store: LakeStore) -> None:
        record = Record(source="phac", region="CA-ON", date=DAY, confirmed=5)
        sent = [
            Message(
                topics.RECORDS, 1, 7, RECEIVED, b"CA-ON", encode(record), (("file", b"a.csv"), ("x", None))
            ),
            Message(topics.RECORDS, 0, 3, RECEIVED + 1, None, b"\xff not json", ()),
            Message(topics.RECORDS, 2, 0, RECEIVED + 2, b"", None, ()),
        ]
        archive = self.archive(store)
        assert archive.append(sent) == 3
        found = store.table().scan().to_arrow().sort_by("partition").to_pylist()
        assert [(r["topic_id"], r["partition"], r["offset"], r["key"], r["value"]) for r in found] == [
            ("a", 0, 3, None, b"\xff not json"),
            ("a", 1, 7, b"CA-ON", encode(record)),
            ("a", 2, 0, b"", None),
        ]
        assert [int(r["timestamp"].timestamp() * 1000 + 0.5) - RECEIVED for r in found] == [1, 0, 2]
        assert found[1]["headers"] == [{"name": "file", "value": b"a.csv"}, {"name": "x", "value": None}]
        assert [(r["source"], r["region"], r["date"]) for r in found] == [
            (None, None, None),
            ("phac", "CA-ON", DAY),
            (None, None, None),
        ]

    def test_a_message_is_kept_once_over_replays_and_restarts(self, store: LakeStore) -> None:
        log = [Message(topics.RECORDS, i % 2, i // 2, RECEIVED, None, b"%d" % i, ()) for i in range(10)]
        archive = self.archive(store)
        assert archive.append(log[:6]) == 6
        assert archive.append(log[:6]) == 0
        again = self.archive(store)
        assert again.append(log[2:]) == 4
        assert sorted(store.table().scan().to_arrow()["value"].to_pylist()) == [b"%d" % i for i in range(10)]

    def test_a_topic_made_anew_is_kept_beside_the_old_one(self, store: LakeStore) -> None:
        message = Message(topics.RECORDS, 0, 0, RECEIVED, None, b"one", ())
        assert self.archive(store).append([message]) == 1
        assert self.archive(store, "b").append([message._replace(value=b"two")]) == 1
        assert sorted(store.table().scan().to_arrow()["topic_id"].to_pylist()) == ["a", "b"]

    def test_two_writers_keep_a_message_once(self, store: LakeStore) -> None:
        log = [Message(topics.RECORDS, 0, i, RECEIVED, None, b"%d" % i, ()) for i in range(5)]
        first, second = self.archive(store), self.archive(store)
        assert first.append(log) == 5
        assert second.append(log) == 0
        assert len(store.table().scan().to_arrow()) == 5

    def test_the_archive_is_one_table_without_partitions(self, store: LakeStore) -> None:
        self.archive(store)
        assert store.table().spec() == UNPARTITIONED_PARTITION_SPEC


NOW = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""From where every snapshot and file is old."""
EVERYTHING = Limits(0.0, 0.0)


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
