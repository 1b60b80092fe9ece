"""The rows that a job wrote, as an Arrow table; and the regions they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

from covid_batch.marker import COMMITTED
from covid_batch.schema import IN_THE_LOG
from covid_batch.stores.errors import Unusable
from covid_core import regions
from covid_core.errors import first_line
from covid_core.rows import COLUMNS, KEY, ColumnType
from covid_core.settings import S3Settings

ARROW_TYPES: Final = {
    ColumnType.STRING: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INT64: pa.int64(),
    ColumnType.FLOAT64: pa.float64(),
    ColumnType.BOOL: pa.bool_(),
}
METRICS: Final = pa.schema(
    [(column.name, ARROW_TYPES[column.type]) for column in COLUMNS if column.name not in IN_THE_LOG]
)
"""Columns of `batch_metrics`, tombstones included: those of every store but what speaks of the log."""

REGIONS: Final = pa.schema(
    [
        ("code", pa.string()),
        ("kind", pa.string()),
        ("country", pa.string()),
        ("name", pa.string()),
        ("name_fr", pa.string()),
        ("population", pa.int64()),
    ]
)
"""Columns of `batch_regions`."""


def read(folder: str, settings: S3Settings) -> pa.Table:
    """The rows in a folder of Parquet files, here or in S3 (`s3://`, `s3a://`), by key.

    Raises `Unusable` where it holds none, is not whole, or has files of other columns or a key twice.
    """
    system, path = _place(folder, settings)
    try:
        # Not what lies deeper: drafts of a job that was killed, or other jobs' rows.
        found = {
            one.base_name: one.path for one in system.get_file_info(fs.FileSelector(path)) if one.is_file
        }
        files = [place for name, place in found.items() if name.endswith(".parquet")]
        if not files:
            raise Unusable(f"no Parquet files in {folder}: `covid batch local` writes rows to OUT/rows")
        if COMMITTED not in found:
            raise Unusable(
                f"{folder} is not whole: it has no {COMMITTED}, which a job writes last: run that job again"
            )
        parts = [_part(file, system) for file in sorted(files)]
    except (OSError, pa.ArrowInvalid) as error:
        raise Unusable(f"{folder} cannot be read: {first_line(error)}") from error
    table = pa.concat_tables(parts).sort_by([(name, "ascending") for name in KEY])
    if twice := _repeated(table):
        raise Unusable(
            f"{folder} has {twice} more than once: make the rows again, by one job into one folder"
        )
    return table


def region_table() -> pa.Table:
    """Every region that the tracker knows; population where it is known, in persons."""
    known = [
        {
            "code": one.code,
            "kind": str(one.kind),
            "country": one.country,
            "name": one.name,
            "name_fr": one.name_fr,
            "population": regions.population(one.code),
        }
        for one in regions.ALL
    ]
    return pa.Table.from_pylist(known, schema=REGIONS)


def _repeated(table: pa.Table) -> str | None:
    """A key of which there is more than one row: not every store refuses one itself."""
    counted = table.group_by(list(KEY)).aggregate([([], "count_all")])
    repeated = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).to_pylist()
    return " ".join(str(repeated[0][name]) for name in KEY) if repeated else None


def _part(path: str, system: Any) -> pa.Table:
    table = pq.read_table(path, filesystem=system, partitioning=None)
    absent = [name for name in METRICS.names if name not in table.column_names]
    if absent:
        raise Unusable(f"{path} holds no rows of ours: it has no column {', '.join(absent[:3])}")
    return table.select(METRICS.names).cast(METRICS)


def _place(folder: str, settings: S3Settings) -> tuple[Any, str]:
    scheme, _, path = folder.rpartition("://")
    if scheme in ("s3", "s3a"):
        # Without an endpoint: AWS, and its ordinary credential chain.
        scheme, _, host = (settings.endpoint or "").rpartition("://")
        given = {"endpoint_override": host, "scheme": scheme} if host else {}
        system = fs.S3FileSystem(
            region=settings.region,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            **given,
        )
        return system, path
    return fs.LocalFileSystem(), str(Path(path.removeprefix("file:")).absolute())
