"""The Glue job: crawled tables as DynamicFrames → every row → a DynamicFrame in S3, and Iceberg tables.

What is done with the rows is `covid_batch.glue`; here is what only Glue has: its catalog, its frames and the
bookmark, by which a run reads the files that are new. template.yaml gives the arguments.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import boto3
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from covid_batch.files import NothingToRead
from covid_batch.glue.catalog import sources
from covid_batch.glue.contents import mapping
from covid_batch.glue.tables import Tables
from covid_batch.glue.updating import update
from covid_batch.stores.errors import Unusable
from covid_batch.troubles import sentence
from covid_batch.writing import Outputs
from covid_core import regions

ICEBERG = "glue_catalog"


def main(arguments: Sequence[str]) -> None:
    """Read what is new, compute, write, and only then move the bookmark."""
    options = getResolvedOptions(arguments, ["JOB_NAME", "DATABASE", "OUT", "COUNTRIES", "REGION"])
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(options["JOB_NAME"], options)
    names = sources(boto3.client("glue", region_name=options["REGION"]), options["DATABASE"])
    read = [lines for name in names if (lines := new_lines(context, options["DATABASE"], name)) is not None]
    tables = Tables(context.spark_session, ICEBERG, options["DATABASE"], options["JOB_NAME"])
    countries = regions.countries(options["COUNTRIES"])
    result = update(tables, read, countries, tell)
    tell("writing the rows")
    write(context, tables.rows(), options["OUT"], json.dumps(asdict(result)))
    job.commit()
    for refused in (*result.unusable, *result.refusals):
        tell(f"refused: {refused}")


def new_lines(context: GlueContext, database: str, table: str) -> DataFrame | None:
    """The lines of a table's new files, under the publisher's names; None where there are none."""
    frame = context.create_dynamic_frame.from_catalog(
        database=database, table_name=table, transformation_ctx=table
    )
    # A column that is a number in the lines that a crawler saw, and a text further down (`N/A`, `-`).
    resolved = frame.resolveChoice(choice="cast:string", transformation_ctx=f"{table}-resolved")
    fields = [(field.name, field.dataType.typeName()) for field in resolved.schema()]
    if not fields:
        return None
    return ApplyMapping.apply(
        frame=resolved, mappings=mapping(fields), transformation_ctx=f"{table}-mapped"
    ).toDF()


def write(context: GlueContext, rows: DataFrame, out: str, told: str) -> None:
    """All rows as Parquet in OUT/rows, in place of those before; OUT/result.json comes last."""
    folder = out.rstrip("/")
    with Outputs(context.spark_session) as outputs:
        frame = DynamicFrame.fromDF(rows.orderBy("region", "source", "date"), context, "rows")
        context.write_dynamic_frame.from_options(
            frame=frame,
            connection_type="s3",
            connection_options={"path": outputs.folder(f"{folder}/rows")},
            format="parquet",
        )
        outputs.text(told, f"{folder}/result.json")


def tell(text: str) -> None:
    """Into the run's log."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv)
    except (NothingToRead, Unusable, PySparkException, Py4JError, OSError) as error:
        # Glue shows it as the run's error.
        sys.exit(f"error: {sentence(error)}")
