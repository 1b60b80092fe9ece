"""Writing data files: of a table partitioned by region and year, and of one without partitions.

pyiceberg's own splitting of a table by partition needs its Rust extension for the year; here the rows come
split already.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa
from pyiceberg.io.pyarrow import pyarrow_to_schema, write_file
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table, WriteTask


class Part(NamedTuple):
    """A partition: region and year."""

    region: str
    year: int


def write_parts(table: Table, parts: Mapping[Part, pa.Table]) -> list[DataFile]:
    """Write one Parquet file a partition, several at a time. No snapshot refers to them yet.

    The tables have one schema.
    """
    if not parts:
        return []
    spec, schema = table.spec(), table.schema()
    region, year = spec.fields
    write_uuid = uuid.uuid4()
    # Found once: it takes as long as writing a file.
    written = pyarrow_to_schema(next(iter(parts.values())).schema, name_mapping=schema.name_mapping)

    def task(number: int, part: Part, rows: pa.Table) -> WriteTask:
        values = [PartitionFieldValue(region, part.region), PartitionFieldValue(year, part.year - 1970)]
        return WriteTask(
            write_uuid=write_uuid,
            task_id=number,
            schema=written,
            record_batches=rows.to_batches(),
            partition_key=PartitionKey(values, spec, schema),
        )

    tasks = (task(number, part, rows) for number, (part, rows) in enumerate(parts.items()))
    return _described(table, tasks)


def write_rows(table: Table, rows: pa.Table) -> list[DataFile]:
    """Write rows into one Parquet file of a table without partitions."""
    schema = pyarrow_to_schema(rows.schema, name_mapping=table.schema().name_mapping)
    task = WriteTask(write_uuid=uuid.uuid4(), task_id=0, schema=schema, record_batches=rows.to_batches())
    return _described(table, iter([task]))


def _described(table: Table, tasks: Iterator[WriteTask]) -> list[DataFile]:
    files = list(write_file(table.io, table.metadata, tasks))
    for file in files:
        file.spec_id = table.metadata.default_spec_id  # pyiceberg sets it only on files that it reads
    return files


def part_of(file: DataFile) -> Part:
    """The partition of a file (Iceberg counts years from 1970)."""
    return Part(file.partition[0], file.partition[1] + 1970)
