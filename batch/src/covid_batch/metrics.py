"""Every row of a set of records, by the stream's own code: one task a region, its whole history at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import pandas as pd
from msgspec.structs import astuple
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from covid_batch.schema import IN_THE_LOG, ROW_DDL, names
from covid_core.logged import Logged
from covid_core.records import decode
from covid_core.replay import rows_of
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

_COLUMNS: Final = names(ROW_DDL)
_LATEST: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""When records of files count as received: parsing has judged them, and stamped them."""


def from_files(records: DataFrame, interval: SerialInterval = DEFAULT_INTERVAL) -> DataFrame:
    """Records (`RECORD_DDL`) to rows, tombstones included, without the columns that speak of a log.

    `interval`: the serial interval of Rt.
    """
    return records.groupBy("region").applyInPandas(_computer(interval), ROW_DDL).drop(*IN_THE_LOG)


def live(rows: DataFrame) -> DataFrame:
    """Rows that hold something, without the column that says so."""
    return rows.where(~f.col("deleted")).drop("deleted")


def _computer(interval: SerialInterval) -> Callable[[tuple[str], pd.DataFrame], pd.DataFrame]:
    def compute(key: tuple[str], frame: pd.DataFrame) -> pd.DataFrame:
        records = (decode(bytes(value), _LATEST) for value in frame.value)
        logged = (Logged(record, number) for number, record in enumerate(records))
        rows = rows_of(key[0], logged, interval=interval)
        return pd.DataFrame([astuple(row) for row in rows], columns=_COLUMNS, dtype=object)

    return compute
