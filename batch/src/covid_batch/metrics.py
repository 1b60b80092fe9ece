"""Every row of a set of records, by the stream's own code: one task a region, its whole history at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

import pandas as pd
from msgspec.structs import astuple
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from covid_batch.schema import IN_THE_LOG, ROW_DDL, names
from covid_core.records import decode
from covid_core.region_state import Head, Logged, advance
from covid_core.rows import Row

_COLUMNS: Final = names(ROW_DDL)
_STEP: Final = 20_000
_LATEST: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""When records of files count as received: parsing has judged them, and stamped them."""


class Kept:
    """A region's chunks, in memory (see `covid_core.months.Chunks`)."""

    def __init__(self) -> None:
        self._chunks: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """The chunk, or None."""
        return self._chunks.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep the chunk."""
        self._chunks[key] = value


def rows_of(region: str, logged: Iterable[Logged], generation: int = 1) -> Sequence[Row]:
    """All rows of a region, from all its records in any order.

    Holds the region's state and rows, and `_STEP` records, however many there are.
    """
    head, chunks = Head(), Kept()
    rows: dict[tuple[str, dt.date], Row] = {}
    records = iter(logged)
    while step := list(islice(records, _STEP)):
        head, changed = advance(region, head, chunks, step, generation)
        rows.update(((row.source, row.date), row) for row in changed)
    return list(rows.values())


def from_files(records: DataFrame) -> DataFrame:
    """Records (`RECORD_DDL`) to rows, tombstones included, without the columns that speak of a log."""
    return records.groupBy("region").applyInPandas(_computer(), ROW_DDL).drop(*IN_THE_LOG)


def live(rows: DataFrame) -> DataFrame:
    """Rows that hold something, without the column that says so."""
    return rows.where(~f.col("deleted")).drop("deleted")


def _computer() -> Callable[[tuple[str], pd.DataFrame], pd.DataFrame]:
    def compute(key: tuple[str], frame: pd.DataFrame) -> pd.DataFrame:
        records = (decode(bytes(value), _LATEST) for value in frame.value)
        rows = rows_of(key[0], (Logged(record, number) for number, record in enumerate(records)))
        return pd.DataFrame([astuple(row) for row in rows], columns=_COLUMNS, dtype=object)

    return compute
