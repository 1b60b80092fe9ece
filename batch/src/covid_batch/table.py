"""One line a region and day: what each publisher said side by side, what was chosen, and its metrics."""

from __future__ import annotations

from functools import reduce
from typing import Final

from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from covid_batch.schema import TYPES
from covid_core.merged import PRECEDENCE
from covid_core.records import FIELDS, MERGED
from covid_core.rows import METRICS, RT_NOTE

KEY: Final = ("region", "date")

_DERIVED: Final = (*METRICS, RT_NOTE)


def prefix(source: str) -> str:
    """A source as the beginning of a column's name: `phac_weekly` for `phac-weekly`."""
    return source.replace("-", "_")


def ddl() -> str:
    """The columns of `side_by_side`, for a reader of the CSV file that is made of it."""
    counts = [(f"{prefix(source)}_{field}", field) for source in (*PRECEDENCE, MERGED) for field in FIELDS]
    columns = [*((name, name) for name in KEY), *counts, *((name, name) for name in _DERIVED)]
    return ", ".join(f"{name} {TYPES[like]}" for name, like in columns)


def side_by_side(rows: DataFrame) -> DataFrame:
    """Rows (region, date, counts, metrics) of every publisher to one line a region and day.

    A full outer join by region and day, so that no publisher's day is lost: `phac_confirmed`,
    `jhu_confirmed`, … and `merged_confirmed`, then the metrics, which are those of `merged` where a region
    has it, else JHU's.
    """
    counts = [_of(rows, source, FIELDS) for source in (*PRECEDENCE, MERGED)]
    joined = reduce(lambda left, right: left.join(right, list(KEY), "full_outer"), counts)
    return joined.join(_metrics(rows), list(KEY), "left").orderBy(*KEY)


def _of(rows: DataFrame, source: str, columns: tuple[str, ...]) -> DataFrame:
    named = (f.col(column).alias(f"{prefix(source)}_{column}") for column in columns)
    return rows.where(f.col("source") == source).select(*KEY, *named)


def _metrics(rows: DataFrame) -> DataFrame:
    last = PRECEDENCE[-1]
    chosen = rows.where(f.col("source") == MERGED).select(*KEY, *_DERIVED)
    others = rows.where(f.col("source") == last).select(*KEY, *_DERIVED)
    return chosen.unionByName(others.join(chosen.select(*KEY), list(KEY), "left_anti"))
