"""Rows that a job wrote → one CSV object a table in the bucket → the tables."""

from __future__ import annotations

import uuid

import pyarrow as pa

from covid_batch.sqlserver.database import Database
from covid_batch.sqlserver.tables import PREFIX, SCHEMAS, key_of, to_csv
from covid_batch.stores.bucket import Bucket


def import_rows(rows: pa.Table, regions: pa.Table, bucket: Bucket, store: Database) -> None:
    """Replace `batch_metrics` and `batch_regions` by the rows.

    Where it fails, tables and objects are as before: the objects get their names once the tables hold them.
    """
    attempt = uuid.uuid4().hex
    drafts = {table: f"{PREFIX}/loading/{attempt}/{table}.csv" for table in SCHEMAS}
    try:
        for table, content in zip(SCHEMAS, (regions, rows), strict=True):
            bucket.put(drafts[table], to_csv(content))
        # Out of the bucket again: what is imported is what lies there.
        store.replace({table: bucket.get(draft) for table, draft in drafts.items()})
        for table, draft in drafts.items():
            bucket.rename(draft, key_of(table))
    except BaseException:
        for draft in drafts.values():
            bucket.delete(draft)
        raise
