"""`python -m covid_batch.sqlserver import|query`: the composition root of the relational store's jobs.

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
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from covid_batch.commandline import failed, settings
from covid_batch.sqlserver.database import ENGINE, Database, database
from covid_batch.sqlserver.importing import import_rows
from covid_batch.sqlserver.tables import SCHEMAS, key_of
from covid_batch.stores import rows
from covid_batch.stores.answers import answer
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_batch.stores.queries import queries, schema
from covid_core import mssql
from covid_core.environment import SettingsError
from covid_core.errors import first_line
from covid_core.settings import RdsSettings, S3Settings


def main(arguments: Sequence[str]) -> int:
    """Run one job."""
    options = _parser().parse_args(arguments)
    try:
        s3 = settings(S3Settings)
        where = settings(RdsSettings).url
        if where is None:
            raise SettingsError("COVID_RDS_URL is missing")
        errors = (ValueError, ClientError, BotoCoreError, _error_of(where))
    except (SettingsError, Unusable) as error:
        return failed(first_line(error))
    try:
        print(json.dumps(options.run(options, s3, Bucket(s3), database(where))))
    except errors as error:
        return failed(first_line(error))
    return 0


def _error_of(url: str) -> type[Exception]:
    """What the driver of the URL raises."""
    if urlsplit(url).scheme not in mssql.SCHEMES:
        return psycopg.Error
    try:
        error: type[Exception] = import_module("mssql_python").Error
    except ModuleNotFoundError:
        raise Unusable("SQL Server's client is not installed: covid-batch[sqlserver] has it") from None
    return error


def _import(options: argparse.Namespace, s3: S3Settings, bucket: Bucket, store: Database) -> dict[str, Any]:
    begun = time.monotonic()
    table = rows.read(options.rows, s3)
    import_rows(table, rows.region_table(), bucket, store)
    return {
        "rows": table.num_rows,
        "seconds": time.monotonic() - begun,
        "objects": {name: bucket.url(key_of(name)) for name in SCHEMAS},
    }


def _query(options: argparse.Namespace, s3: S3Settings, bucket: Bucket, store: Database) -> dict[str, Any]:
    answers = answer(queries(ENGINE, options.name), store.ask, options.out)
    return {
        "objects": {name: bucket.url(key_of(name)) for name in SCHEMAS},
        # How the views are made of the tables: what an answer is checked with.
        "views": [statement for statement in schema(ENGINE) if "CREATE VIEW" in statement],
        "answers": [asdict(one) for one in answers],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="covid_batch.sqlserver", description="The relational store's jobs.")
    jobs = parser.add_subparsers(required=True)
    one = jobs.add_parser("import", help="rows that a job wrote, to batch_metrics")
    one.add_argument("rows", help="folder of Parquet files, here or s3://")
    one.set_defaults(run=_import)
    one = jobs.add_parser("query", help="ask the queries of sql/sqlserver")
    one.add_argument("name", nargs="*", help="only these")
    one.add_argument("--out", type=Path, required=True, help="folder of the answers, a CSV file each")
    one.set_defaults(run=_query)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
