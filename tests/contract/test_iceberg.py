"""The contract on Iceberg tables in SeaweedFS, and what only a lake promises."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyiceberg.types import StringType

from covid_core.lake import Positions, stored
from covid_core.rows import KEY
from covid_core.settings import S3Settings
from covid_sinks.contract import Sink, Transient, WriteReport
from covid_sinks.iceberg.expire import Expiry
from covid_sinks.iceberg.lake import PROPERTIES, Lake
from covid_sinks.iceberg.metrics import SCHEMA, SPEC, STATISTICS, IcebergSink
from tests.contract.lake import LakeStore, files_of
from tests.contract.suite import DAY, SinkContract, by_key, row


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
        sink.write([row(1), row(1, region="CA-QC")])
        table = store.table()
        named = table.metadata.current_snapshot_id
        assert named is not None
        table.manage_snapshots().create_tag(named, "as-published").commit()
        for revision in range(2, 12):
            sink.write([row(revision)])
            if revision == 6:  # a file of the named snapshot that later ones used too, and that are forgotten
                sink.write([row(revision, region="CA-QC")])
        sink.close()
        time.sleep(1)  # what the sink removes, it removes in the background
        table = store.table()
        assert named in {snapshot.snapshot_id for snapshot in table.snapshots()}
        assert len(table.snapshots()) <= 6
        found = table.scan(snapshot_id=named).to_arrow()
        assert sorted(zip(found["region"].to_pylist(), found["revision"].to_pylist(), strict=True)) == [
            ("CA-ON", 1),
            ("CA-QC", 1),
        ]

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
