"""Publishers' files to one table, as a step of EMR or a job of EMR Serverless: `job.py emr`.

What differs from `local`: a cluster's driver prints into a log, so the result also becomes a file,
`OUT/result.json`, which comes last; and a step that ends with another exit code than 0 has failed for EMR, so
lines that were refused, which the result names, do not make it one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from pyspark.sql import SparkSession

from covid_batch import local
from covid_batch.local import Result
from covid_batch.writing import Outputs
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval


def run(
    spark: SparkSession,
    paths: Sequence[str],
    out: str,
    countries: frozenset[str] | None,
    tell: Callable[[str], None],
    *,
    interval: SerialInterval = DEFAULT_INTERVAL,
) -> Result:
    """Read, compute and write. Raises `NothingToRead`, and what Spark raises."""
    with Outputs(spark) as outputs:
        result = local.fill(outputs, paths, out, countries, tell, interval=interval)
        outputs.text(json.dumps(asdict(result)), f"{out.rstrip('/')}/result.json")
    return result
