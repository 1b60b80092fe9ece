"""Rows that a job wrote → one Parquet object a table in the bucket → the warehouse."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from covid_batch.stores.bucket import Bucket
from covid_batch.stores.drafts import drafts

PREFIX: Final = "batch/redshift"
TABLES: Final = ("batch_regions", "batch_metrics")
"""In the order in which they are filled: a foreign key leads from the second to the first."""


class Replacing(Protocol):
    """What can make the tables anew from objects of the bucket."""

    def replace(self, objects: Mapping[str, str]) -> None:
        """Table → key of its Parquet object; all in one transaction."""


def key_of(table: str) -> str:
    """Where the Parquet lies that a table was loaded from."""
    return f"{PREFIX}/{table}.parquet"


def load(rows: pa.Table, regions: pa.Table, bucket: Bucket, warehouse: Replacing) -> None:
    """Replace `batch_metrics` and `batch_regions` by the rows.

    Where it fails, tables and objects are as before: the objects get their names once the tables hold them.
    """
    with drafts(bucket, {table: key_of(table) for table in TABLES}) as keys:
        for table, content in zip(TABLES, (regions, rows), strict=True):
            body = io.BytesIO()
            pq.write_table(content, body)
            bucket.put(keys[table], body.getvalue())
        warehouse.replace(keys)
