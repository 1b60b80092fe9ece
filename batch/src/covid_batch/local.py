"""Publishers' files to one table, with the Spark of this process: `python -m covid_batch local`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from covid_batch import metrics, writing
from covid_batch.files import find
from covid_batch.reading import read
from covid_batch.table import side_by_side


@dataclass(frozen=True)
class Result:
    """What was done: where the outputs lie, rows of the table, and seconds."""

    table: str
    """One CSV file, a line a region and day."""
    rows: str
    """A folder of Parquet files, a row a source, region and day."""
    lines: int
    files: int
    unusable: Sequence[str]
    refused: int
    seconds: float


def run(
    spark: SparkSession,
    paths: Sequence[str],
    out: str,
    countries: frozenset[str] | None,
    tell: Callable[[str], None],
) -> Result:
    """Read, compute and write. Raises `NothingToRead`, and what Spark raises."""
    begun = time.monotonic()
    tell("finding the files")
    found = find(spark, paths)
    tell(f"reading {sum(map(len, found.groups))} files")
    reading = read(spark, found.groups, countries)
    rows = metrics.from_files(reading.records).persist()
    tell("computing every row")
    writing.parquet(rows.orderBy("region", "source", "date"), f"{out}/rows")
    tell("joining the publishers")
    table = side_by_side(metrics.live(rows)).persist()
    writing.csv(table, f"{out}/covid.csv")
    return Result(
        table=f"{out}/covid.csv",
        rows=f"{out}/rows",
        lines=table.count(),
        files=sum(map(len, found.groups)),
        unusable=found.unusable,
        refused=reading.refusals.count(),
        seconds=time.monotonic() - begun,
    )
