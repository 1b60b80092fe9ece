"""All rows from the archive by DuckDB: the SQL of `covid verify` over what the archive's files hold.

Less work than the backfill's: the rows are written as one Parquet file, not as messages to Kafka.
Answers every question with the seconds and the number of rows.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.catalog import load_catalog

from bench.served import answering
from covid_cli.verify.oracle import LOG_SCHEMA, compute_expected
from covid_core import lake
from covid_core.environment import load
from covid_core.records import FIELDS
from covid_core.settings import IcebergSettings, S3Settings

_SHAPE = (
    '{"source": "VARCHAR", "region": "VARCHAR", "date": "DATE", '
    + "".join(f'"{name}": "BIGINT", ' for name in FIELDS)
    + '"status": {' + ", ".join(f'"{name}": "VARCHAR"' for name in FIELDS) + "}, "
    + '"reported_at": "TIMESTAMPTZ", "deleted": "BOOLEAN", "correction": "BOOLEAN", "withdrawn": "BOOLEAN"}'
)  # fmt: skip
_LOG = f"""
SELECT
    "partition", "offset", timestamp, r.source, r.region, r.date,
    {", ".join(f"r.{name}" for name in FIELDS)},
    {", ".join(f"r.status.{name} AS {name}_status" for name in FIELDS)},
    coalesce(r.reported_at, timestamp) AS reported_at,
    coalesce(r.deleted, false) AS deleted,
    coalesce(r.correction, false) AS correction,
    coalesce(r.withdrawn, false) AS withdrawn
FROM (SELECT *, from_json(decode(value), '{_SHAPE}') AS r FROM archived)
"""


def rows(_: Any) -> dict[str, float]:
    """One run."""
    begun = time.perf_counter()
    iceberg, s3 = load(IcebergSettings, os.environ, str), load(S3Settings, os.environ, str)
    catalog = load_catalog("covid", **iceberg.properties(s3))
    table = catalog.load_table((iceberg.namespace, lake.RECORDS))
    archived = table.scan(selected_fields=("partition", "offset", "timestamp", "value")).to_arrow()
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("archived", archived)
        log = connection.sql(_LOG).to_arrow_table().cast(LOG_SCHEMA)
        count = compute_expected(connection, log)
        connection.execute(f"COPY expected TO '{Path(folder) / 'rows.parquet'}' (FORMAT parquet)")
    return {"seconds": time.perf_counter() - begun, "rows": count}


if __name__ == "__main__":
    answering(rows)
