"""Rows that a job wrote → one CSV object a table in the bucket → the tables."""

from __future__ import annotations

import pyarrow as pa

from covid_batch.sqlserver.database import Database
from covid_batch.sqlserver.tables import SCHEMAS, key_of, to_csv
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.drafts import drafts


def import_rows(rows: pa.Table, regions: pa.Table, bucket: Bucket, store: Database) -> None:
    """Replace `batch_metrics` and `batch_regions` by the rows.

    Where it fails, tables and objects are as before: the objects get their names once the tables hold them.
    """
    with drafts(bucket, {table: key_of(table) for table in SCHEMAS}) as keys:
        for table, content in zip(SCHEMAS, (regions, rows), strict=True):
            bucket.put(keys[table], to_csv(content))
        # Out of the bucket again: what is imported is what lies there.
        store.replace({table: bucket.get(key) for table, key in keys.items()})
