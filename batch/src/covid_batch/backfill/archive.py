"""The archive: the lake's table `records`, read by PyIceberg's plan and on Spark's executors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.io import load_file_io
from pyiceberg.table import Table
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from sqlalchemy.exc import SQLAlchemyError

from covid_core import lake
from covid_core.errors import first_line
from covid_core.lake import Positions
from covid_core.settings import IcebergSettings, S3Settings

_BATCH: Final = 10_000
"""Messages that an executor holds at once, for each task."""

_HEADERS: Final = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))
COLUMNS: Final = {
    "topic_id": ("string", pa.string()),
    "partition": ("int", pa.int32()),
    "offset": ("bigint", pa.int64()),
    "micros": ("bigint", pa.int64()),
    "key": ("binary", pa.binary()),
    "value": ("binary", pa.binary()),
    "headers": ("array<struct<key:string,value:binary>>", _HEADERS),
    "region": ("string", pa.string()),
}
"""What can be read, by Spark's type and Arrow's. `micros`: when the log received it, since 1970 UTC."""

_STORED: Final = {"micros": "timestamp"}
"""Columns that have another name in the table."""


class NoArchive(Exception):
    """The lake holds nothing to work from; the text says what to do."""


@dataclass(frozen=True)
class Snapshot:
    """The archive at one moment: what it covers, its files, and how many messages they hold."""

    positions: Positions
    files: Sequence[str]
    messages: int


class Archive:
    """Reads the lake. Raises `SettingsError` when the catalog has no address."""

    def __init__(self, iceberg: IcebergSettings, s3: S3Settings) -> None:
        self._properties: Mapping[str, str] = iceberg.properties(s3)
        self._namespace = iceberg.namespace

    def snapshot(self) -> Snapshot:
        """The newest snapshot. Raises `NoArchive`."""
        with self._table(lake.RECORDS) as table:
            positions = lake.stored(table)
            if positions is None:
                raise NoArchive("the archive is empty: the sink s3 fills it, is it running?")
            files = [task.file for task in table.scan().plan_files()]
            return Snapshot(
                positions, sorted(file.file_path for file in files), sum(file.record_count for file in files)
            )

    def generation(self) -> int:
        """The newest generation of the rows in the lake, 0 where there are none."""
        try:
            with self._table(lake.METRICS) as table:
                scan = table.scan(selected_fields=("generation",))
                batches = scan.to_arrow_batch_reader()
                return max((max(batch["generation"].to_pylist(), default=0) for batch in batches), default=0)
        except NoArchive:
            return 0

    def messages(self, spark: SparkSession, snapshot: Snapshot, columns: Sequence[str]) -> DataFrame:
        """The messages of a snapshot with these of `COLUMNS`, read by as many tasks as run at once."""
        tasks = min(len(snapshot.files), 2 * spark.sparkContext.defaultParallelism)
        paths = spark.createDataFrame([(path,) for path in snapshot.files], "path string").repartition(tasks)
        ddl = ", ".join(f"`{name}` {COLUMNS[name][0]}" for name in columns)
        return paths.mapInArrow(_reader(dict(self._properties), tuple(columns)), ddl)

    @contextmanager
    def _table(self, name: str) -> Iterator[Table]:
        catalog = None
        try:
            catalog = load_catalog("covid", **self._properties, init_catalog_tables="false")
            yield catalog.load_table((self._namespace, name))
        except (NoSuchTableError, NoSuchNamespaceError) as error:
            raise NoArchive(f"the lake has no table {name}: the sink s3 makes it, is it running?") from error
        except (SQLAlchemyError, BotoCoreError, ClientError, OSError) as error:
            raise NoArchive(
                f"the lake cannot be read ({first_line(error)}): see COVID_ICEBERG_… and COVID_S3_…"
            ) from error
        finally:
            engine = getattr(catalog, "engine", None)
            if engine is not None:
                engine.dispose()


def region_of_value() -> Any:
    """The region that a message's JSON names first, empty where none can be read, as a column; the stream
    groups by the same."""
    return f.coalesce(f.get_json_object(f.col("value").cast("string"), "$.region"), f.lit(""))


def _reader(
    properties: dict[str, str], columns: tuple[str, ...]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    schema = pa.schema([(name, COLUMNS[name][1]) for name in columns])
    stored = [_STORED.get(name, name) for name in columns]

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        io = load_file_io(properties, properties["warehouse"])
        for batch in batches:
            for path in batch.column("path").to_pylist():
                with io.new_input(path).open() as stream:
                    for part in pq.ParquetFile(stream).iter_batches(_BATCH, columns=stored):
                        arrays = [
                            _as(part.column(name), field.type)
                            for name, field in zip(stored, schema, strict=True)
                        ]
                        yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return read


def _as(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    if kind == _HEADERS:
        renamed = [[{"key": h["name"], "value": h["value"]} for h in one or ()] for one in array.to_pylist()]
        return pa.array(renamed, kind)
    return array.cast(kind)
