"""`spark-submit launch.py s3://…/job.py ARGUMENT…`: what Glue does to start a job, on this machine.

The script is fetched and run as it is. Where S3 and the catalog are, and whose keys open them, stands in the
environment, as AWS's own libraries read it.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from pyspark import SparkContext
from pyspark.sql import SparkSession

from covid_cli.batch.glue.runtime.jvm import over


def main(script: str, arguments: list[str]) -> None:
    """Run a script of the bucket. Raises what it raises."""
    s3 = boto3.client("s3")
    where = urlsplit(script)
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    SparkContext._jvm = over(SparkContext._jvm, spark, boto3.client("glue"), s3)
    try:
        with tempfile.TemporaryDirectory(prefix="covid-glue-") as folder:
            path = Path(folder, Path(where.path).name)
            s3.download_file(where.netloc, where.path.lstrip("/"), str(path))
            sys.argv = [str(path), *arguments]
            runpy.run_path(str(path), run_name="__main__")
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
