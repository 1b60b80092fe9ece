"""Row 3: the log to Iceberg on S3."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from msgspec.structs import astuple

from bench import sinking
from bench.measure import Arm, interleaved
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from covid_core.rows import COLUMNS, ColumnType
from covid_core.rows import Row as MetricsRow
from covid_core.settings import S3Settings

COUNT = 50_000
_TYPES = {
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
}
SCHEMA = pa.schema([pa.field(column.name, _TYPES[column.type]) for column in COLUMNS])


def measured(scale: Scale) -> list[Line]:
    """The sink against pyarrow."""
    loads = sinking.loads(scale.rounds, scale.of(COUNT, 500))
    with servers() as stack, sinking.sinking(stack, "s3", loads) as ours:
        pairs = interleaved(ours, _writer(stack, loads), scale.rounds)
    return [
        Line(
            what="log to Iceberg on S3",
            reference="pyarrow writing the same Parquet to S3, a file a region and year",
            unit="rows/s",
            pairs=pairs,
            goals=(Goal(0.5, at_least=True),),
        )
    ]


def _writer(stack: Servers, loads: Sequence[Sequence[MetricsRow]]) -> Arm:
    """The reference: rows that stand in memory to Parquet, several files at a time."""
    s3 = stack.settings(S3Settings)
    store = pafs.S3FileSystem(
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        region=s3.region,
        endpoint_override=s3.endpoint,
    )

    def arm(number: int) -> float:
        begun = time.perf_counter()
        parts: defaultdict[tuple[str, int], list[MetricsRow]] = defaultdict(list)
        for row in loads[number]:
            parts[row.region, row.date.year].append(row)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda part: write(f"{s3.bucket}/bench/{number}", *part), parts.items()))
        return len(loads[number]) / (time.perf_counter() - begun)

    def write(folder: str, part: tuple[str, int], rows: Sequence[MetricsRow]) -> None:
        columns = zip(*map(astuple, rows), strict=True)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=SCHEMA)
        pq.write_table(table, f"{folder}/{part[0]}-{part[1]}.parquet", filesystem=store, compression="zstd")

    return arm
