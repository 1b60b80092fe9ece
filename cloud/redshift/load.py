"""The Glue job: publishers' files in S3 → every row → the warehouse, by Redshift's Data API.

Plain Spark, without Glue's own library: `spark-submit load.py --SOURCE …` is the same job on any cluster.
glue.yaml gives the arguments; what else Glue adds is left alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from covid_batch import local
from covid_batch.redshift.data_api import DataApi
from covid_batch.redshift.loading import load
from covid_batch.session import opened
from covid_batch.stores import rows
from covid_batch.stores.bucket import Bucket
from covid_core import environment, regions
from covid_core.settings import S3Settings


def main(arguments: list[str]) -> None:
    """Compute, load, and say how many. Raises what either part raises: Glue shows it as the run's error."""
    options = _parser().parse_known_args(arguments)[0]
    where = {"COVID_S3_BUCKET": options.BUCKET, "COVID_S3_REGION": options.REGION}
    s3 = environment.load(S3Settings, {**os.environ, **where}, _text)
    bucket = Bucket(s3)
    warehouse = DataApi(
        bucket,
        region=options.REGION,
        database=options.DATABASE,
        role=options.ROLE,
        workgroup=options.WORKGROUP,
        cluster=options.CLUSTER,
    )
    countries = regions.countries(options.COUNTRIES)
    with opened() as session:
        done = local.run(session, [options.SOURCE], options.OUT, countries, print)
    for refused in (*done.unusable, *done.refusals):
        print(f"refused: {refused}", file=sys.stderr)
    table = rows.read(done.rows, s3)
    load(table, rows.region_table(), bucket, warehouse)
    print(f"{table.num_rows:,} rows of {done.files} files in batch_metrics")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("SOURCE", "OUT", "BUCKET", "REGION", "DATABASE"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("WORKGROUP", "CLUSTER", "ROLE"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--COUNTRIES", default="CA")
    return parser


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
