"""Publishers' files to one table, with the Spark of this process: `python -m covid_batch local`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from covid_batch import metrics
from covid_batch.files import find
from covid_batch.reading import read
from covid_batch.table import side_by_side
from covid_batch.writing import Outputs
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval


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
    """Files of a publisher that could not be used, and why."""
    refused: int
    """Lines, cells and files that were refused while the rest went on."""
    refusals: Sequence[str]
    """The first of them."""
    seconds: float


def run(
    spark: SparkSession,
    paths: Sequence[str],
    out: str,
    countries: frozenset[str] | None,
    tell: Callable[[str], None],
    *,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> Result:
    """Read, compute and write. Raises `NothingToRead`, and what Spark raises."""
    with Outputs(spark) as outputs:
        return fill(outputs, paths, out, countries, tell, interval=interval)


def fill(
    outputs: Outputs,
    paths: Sequence[str],
    out: str,
    countries: frozenset[str] | None,
    tell: Callable[[str], None],
    *,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> Result:
    """Read, compute and prepare the outputs, which whoever opened them commits. Raises as `run` does."""
    begun, spark = time.monotonic(), outputs.spark
    tell("finding the files")
    found = find(spark, paths)
    tell(f"reading {sum(map(len, found.groups))} files")
    reading = read(spark, found.groups, countries)
    rows = metrics.from_files(reading.records, interval).persist()
    tell("computing every row")
    folder = out.rstrip("/")
    outputs.parquet(rows.orderBy("region", "source", "date"), f"{folder}/rows")
    tell("joining the publishers")
    table = side_by_side(metrics.live(rows)).persist()
    outputs.csv(table, f"{folder}/covid.csv")
    return Result(
        table=f"{folder}/covid.csv",
        rows=f"{folder}/rows",
        lines=table.count(),
        files=sum(map(len, found.groups)),
        unusable=[one.trouble for one in found.unusable],
        refused=reading.refusals.count(),
        refusals=reading.shown(),
        seconds=time.monotonic() - begun,
    )
