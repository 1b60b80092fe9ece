"""Rows that a job wrote → one CSV object a table in the bucket → the tables."""

from __future__ import annotations

from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Final

import pyarrow as pa

from covid_batch.sqlserver.database import Database
from covid_batch.sqlserver.tables import SCHEMAS, key_of, to_csv
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.drafts import drafts

_IN_MEMORY: Final = 16 * 1024 * 1024
"""Bytes of a CSV up to which it is no file of the disk."""


def import_rows(rows: pa.Table, regions: pa.Table, bucket: Bucket, store: Database) -> None:
    """Replace `batch_metrics` and `batch_regions` by the rows.

    Where it fails, tables and objects are as before: the objects get their names once the tables hold them.
    """
    with drafts(bucket, {table: key_of(table) for table in SCHEMAS}) as keys:
        for table, content in zip(SCHEMAS, (regions, rows), strict=True):
            with _file() as file:
                to_csv(content, file)
                file.seek(0)
                bucket.upload(keys[table], file)
        with ExitStack() as opened:
            bodies = {table: opened.enter_context(_file()) for table in keys}
            for table, key in keys.items():
                # Out of the bucket again: what is imported is what lies there. All of it before the first row
                # goes on, since a connection to S3 does not wait for a store.
                bucket.download(key, bodies[table])
                bodies[table].seek(0)
            store.replace(bodies)


def _file() -> IO[bytes]:
    return SpooledTemporaryFile(_IN_MEMORY)
