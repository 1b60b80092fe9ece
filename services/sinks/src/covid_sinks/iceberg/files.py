"""Writing data files: of a table partitioned by region and year, and of one without partitions.

pyiceberg's own splitting of a table by partition needs its Rust extension for the year; here the rows come
split already. Its own writing of files (`write_file`) works out for each file anew what is the same for all
files of a table, and asks storage for the size of what it has just written: 6.7 ms of processor time a file
of 360 rows, of which Parquet takes a fifth. Here it is worked out once a write.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    _get_parquet_writer_kwargs,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table, TableProperties
from pyiceberg.typedef import Record
from pyiceberg.utils.concurrent import ExecutorFactory
from pyiceberg.utils.properties import property_as_int

_ROWS_A_GROUP: Final = TableProperties.PARQUET_ROW_GROUP_LIMIT_DEFAULT


class Part(NamedTuple):
    """A partition: region and year."""

    region: str
    year: int


def write_parts(table: Table, parts: Mapping[Part, pa.Table]) -> list[DataFile]:
    """Write one Parquet file a partition, several at a time. No snapshot refers to them yet."""
    spec, schema = table.spec(), table.schema()
    region, year = spec.fields

    def key(part: Part) -> PartitionKey:
        values = [PartitionFieldValue(region, part.region), PartitionFieldValue(year, part.year - 1970)]
        return PartitionKey(values, spec, schema)

    return _write(table, [(key(part), rows) for part, rows in parts.items()])


def write_rows(table: Table, rows: pa.Table) -> list[DataFile]:
    """Write rows into one Parquet file of a table without partitions."""
    return _write(table, [(None, rows)])


def _write(table: Table, files: Iterable[tuple[PartitionKey | None, pa.Table]]) -> list[DataFile]:
    schema, properties = table.schema(), table.properties
    columns = schema_to_pyarrow(schema)  # with the fields' IDs, by which readers find them
    statistics = compute_statistics_plan(schema, properties)
    ids = parquet_path_to_id_mapping(schema)
    places, write_id = table.location_provider(), uuid.uuid4()
    options = _get_parquet_writer_kwargs(properties)  # write.parquet.…
    group = property_as_int(properties, TableProperties.PARQUET_ROW_GROUP_LIMIT, _ROWS_A_GROUP)

    def write(numbered: tuple[int, tuple[PartitionKey | None, pa.Table]]) -> DataFile:
        number, (key, rows) = numbered
        path = places.new_data_location(f"00000-{number}-{write_id}.parquet", key)
        with table.io.new_output(path).create(overwrite=True) as stream:
            with pq.ParquetWriter(stream, columns, **options) as writer:
                writer.write_table(_fitted(rows, columns), group)
            size = stream.tell()
        found = data_file_statistics_from_parquet_metadata(writer.writer.metadata, statistics, ids)
        file = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=path,
            file_format=FileFormat.PARQUET,
            partition=key.partition if key else Record(),
            file_size_in_bytes=size,
            **found.to_serialized_dict(),
        )
        file.spec_id = table.metadata.default_spec_id
        return file

    return list(ExecutorFactory.get_or_create().map(write, enumerate(files)))


def _fitted(rows: pa.Table, columns: pa.Schema) -> pa.Table:
    """The rows with exactly these columns; those that a newer program added to the table are null."""
    have = set(rows.column_names)
    return pa.Table.from_arrays(
        [
            rows[field.name].cast(field.type) if field.name in have else pa.nulls(len(rows), field.type)
            for field in columns
        ],
        schema=columns,
    )


def part_of(file: DataFile) -> Part:
    """The partition of a file (Iceberg counts years from 1970)."""
    return Part(file.partition[0], file.partition[1] + 1970)
