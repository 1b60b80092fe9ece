"""Publishers' files again, out of the lines that a catalog's table has of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from covid_batch.glue.layout import PARTITIONS
from covid_core.formats.columns import published

_CONTENT_DDL: Final = "path string, content binary"
_PLACE: Final = "place of the line"
"""Orders the lines; no publisher has a column of this name."""


def mapping(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    """Columns of a table (name, type) for Glue's ApplyMapping: the publishers' names, the same types."""
    return [(name, kind, published(name), kind) for name, kind in fields]


def contents(lines: DataFrame) -> DataFrame:
    """Each file as one row of `path` and `content`, as `covid_batch.files.contents` has it.

    `lines`: the publisher's columns, texts or numbers, and `PARTITIONS`. The cells are the publisher's but
    for how numbers are written; lines of a file stand in the order of the parts that Spark reads it in, so
    that the content is the same however often it is made.
    """
    columns = [(name, kind) for name, kind in lines.dtypes if name not in PARTITIONS]
    # A path only has to tell files apart and to end with folder and name.
    path = f.concat_ws("/", *PARTITIONS)
    chosen = lines.select(
        f.concat(path, f.lit(".csv")).alias("path"),
        # By part, then within it: grouping brings them together in any order.
        f.monotonically_increasing_id().alias(_PLACE),
        *(_text(name, kind).alias(name) for name, kind in columns),
    )
    return chosen.groupBy("path").applyInPandas(written, _CONTENT_DDL)


def _text(name: str, kind: str) -> Column:
    """A cell as text. Counts that a crawler took for doubles would be `12.0`, and from 10^7 on `1.2E7`."""
    column = f.col(f"`{name}`")
    if kind != "double":
        return column.cast("string")
    whole = column.cast("bigint")
    return f.when(whole == column, whole.cast("string")).otherwise(column.cast("string"))


def written(key: tuple[str], frame: pd.DataFrame) -> pd.DataFrame:
    """A file of its lines: the row that `contents` has of it."""
    text = frame.sort_values(_PLACE).drop(columns=["path", _PLACE]).to_csv(index=False, lineterminator="\n")
    return pd.DataFrame({"path": [key[0]], "content": [text.encode()]})
