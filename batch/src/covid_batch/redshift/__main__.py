"""`python -m covid_batch.redshift load|analyse|unload`: the composition root of the warehouse's jobs.

What was done goes to standard output, as JSON. Exit codes: 0 done, 1 nothing could be done (one sentence
says why), 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from covid_batch.commandline import failed, settings
from covid_batch.redshift.database import Redshift, warehouse
from covid_batch.redshift.loading import PREFIX, TABLES, key_of, load
from covid_batch.stores import rows
from covid_batch.stores.answers import answer
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_batch.stores.queries import queries, schema
from covid_core.environment import SettingsError
from covid_core.errors import first_line
from covid_core.settings import RedshiftSettings, S3Settings

DAILY = "daily"
"""The query that is unloaded where none is named."""


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    try:
        s3 = settings(S3Settings)
        bucket = Bucket(s3)
        print(json.dumps(options.run(options, s3, bucket, _warehouse(bucket))))
    except (Unusable, SettingsError, psycopg.Error, ClientError, BotoCoreError) as error:
        return failed(first_line(error))
    return 0


def _warehouse(bucket: Bucket) -> Redshift:
    where = settings(RedshiftSettings)
    if where.url is None:
        raise SettingsError("COVID_REDSHIFT_URL is missing")
    return warehouse(where.url, where.iam_role, bucket)


def _load(options: argparse.Namespace, s3: S3Settings, bucket: Bucket, store: Redshift) -> dict[str, Any]:
    begun = time.monotonic()
    table = rows.read(options.rows, s3)
    load(table, rows.region_table(), bucket, store)
    return {
        "rows": table.num_rows,
        "seconds": time.monotonic() - begun,
        "objects": {name: bucket.url(key_of(name)) for name in TABLES},
    }


def _analyse(options: argparse.Namespace, s3: S3Settings, bucket: Bucket, store: Redshift) -> dict[str, Any]:
    answers = answer(queries("redshift", options.name), store.ask, options.out)
    return {**_source(bucket), "answers": [asdict(one) for one in answers]}


def _unload(options: argparse.Namespace, s3: S3Settings, bucket: Bucket, store: Redshift) -> dict[str, Any]:
    written = []
    for query in queries("redshift", options.name or [DAILY]):
        begun, prefix = time.monotonic(), f"{PREFIX}/unload/{query.name}/"
        store.unload(query.text, prefix)
        seconds = time.monotonic() - begun
        places = [bucket.url(key) for key in bucket.keys(prefix)]
        written.append({"name": query.name, "text": query.text, "seconds": seconds, "objects": places})
    return {**_source(bucket), "unloaded": written}


def _source(bucket: Bucket) -> dict[str, Any]:
    """What the tables were loaded from, and how views are made of them: what answers are checked with."""
    views = [statement for statement in schema("redshift") if "CREATE VIEW" in statement]
    return {"objects": {name: bucket.url(key_of(name)) for name in TABLES}, "views": views}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch.redshift", description="The warehouse's jobs.")
    jobs = parser.add_subparsers(required=True)
    one = jobs.add_parser("load", help="rows that a job wrote, to batch_metrics")
    one.add_argument("rows", help="folder of Parquet files, here or s3://")
    one.set_defaults(run=_load)
    one = jobs.add_parser("analyse", help="ask the queries of sql/redshift")
    one.add_argument("name", nargs="*", help="only these")
    one.add_argument("--out", type=Path, required=True, help="folder of the answers, a CSV file each")
    one.set_defaults(run=_analyse)
    one = jobs.add_parser("unload", help="answers to Parquet in the bucket")
    one.add_argument("name", nargs="*", help=f"queries of sql/redshift (default {DAILY})")
    one.set_defaults(run=_unload)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
