"""What the notebook does with Spark: rows of publishers' files, temporary views, Hive's tables of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyspark.sql import DataFrame, SparkSession

from covid_batch import metrics
from covid_batch.files import find
from covid_batch.reading import read
from covid_batch.stores.queries import schema
from covid_batch.stores.rows import REGIONS, region_table
from covid_core import regions

DATABASE: Final = "covid"
TABLES: Final = ("batch_metrics", "batch_regions")
_ROWS, _REGIONS = "covid_rows", "covid_regions"
_REGIONS_DDL: Final = ", ".join(
    f"{field.name} {'bigint' if field.name == 'population' else 'string'}" for field in REGIONS
)


@dataclass(frozen=True)
class Computed:
    """The rows of a set of files, and what of the files was refused."""

    rows: DataFrame
    """A row a source, region and day, tombstones included."""
    files: int
    unusable: Sequence[str]
    refused: int
    refusals: Sequence[str]


@dataclass(frozen=True)
class Made:
    """What was made: rows of the table `batch_metrics`, and seconds."""

    rows: int
    seconds: float


def compute(spark: SparkSession, paths: Sequence[str], countries: str) -> Computed:
    """Every row of the files under the paths. `countries`: as `covid_core.regions.countries`.

    Raises `NothingToRead`, `ValueError` for what is no country, and what Spark raises.
    """
    wanted = regions.countries(countries)
    found = find(spark, paths)
    reading = read(spark, found.groups, wanted)
    return Computed(
        # Looked at, then written: computed once.
        rows=metrics.from_files(reading.records).persist(),
        files=sum(map(len, found.groups)),
        unusable=[one.trouble for one in found.unusable],
        refused=reading.refusals.count(),
        refusals=reading.shown(),
    )


def register(spark: SparkSession, rows: DataFrame) -> None:
    """The temporary views that `sql/hive/schema.sql` reads; they end with the session."""
    rows.createOrReplaceTempView(_ROWS)
    known = spark.createDataFrame(region_table().to_pylist(), _REGIONS_DDL)
    known.createOrReplaceTempView(_REGIONS)


def create(spark: SparkSession) -> Made:
    """The physical tables, made anew from the temporary views. Raises what Spark raises."""
    begun = time.monotonic()
    for statement in schema("hive"):
        spark.sql(statement)
    return Made(spark.table(f"{DATABASE}.{TABLES[0]}").count(), time.monotonic() - begun)
