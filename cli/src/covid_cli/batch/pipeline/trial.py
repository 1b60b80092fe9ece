"""The whole way of the pipeline on one machine: what Data Pipeline and EMR would do, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from covid_cli import settings
from covid_cli.batch import checkout
from covid_cli.batch import result as results
from covid_cli.batch.bucket import Bucket
from covid_cli.batch.compare import told
from covid_cli.batch.options import codes
from covid_cli.batch.pipeline import definition
from covid_cli.batch.pipeline.service import Pipelines
from covid_cli.batch.submit import submit
from covid_cli.errors import UserError
from covid_core.settings import S3Settings

_JOB: Final = "job.py"
_ON_AWS_ONLY: Final = {
    "mySubnet": "subnet-00000000",
    "myTopicArn": "arn:aws:sns:us-east-1:000000000000:covid-backfill",
    "myPipelineRole": "covid-datapipeline",
    "myResourceRole": "covid-datapipeline-nodes",
}
"""What names things that no machine of ours has; only a cluster would ask for them."""


@dataclass(frozen=True)
class Trial:
    """S3, Data Pipeline, and who is told what happens."""

    s3: S3Settings
    pipelines: Pipelines
    tell: Callable[[object], None]

    def run(
        self, paths: Sequence[Path], files: Mapping[str, Path], out: Path, countries: str, file: Path
    ) -> int:
        """Upload, put, activate, run every step, fetch the outputs, compare; an exit code.

        `files`: what lies under the paths, as `named` has it. Raises `UserError`.
        """
        own = {"myBucket": self.s3.bucket, "myCountries": definition.escaped(countries)}
        read = definition.read(file, {**_ON_AWS_ONLY, **own})
        bucket = Bucket(self.s3)
        bucket.replace("covid/job/", {_JOB: checkout.cloud("emr") / _JOB})
        bucket.replace("covid/data/", files)
        self.tell(self.pipelines.put(read))
        self.tell(f"{self.pipelines.activate()} activated")
        self.tell(self.pipelines.status())
        # As it is stored, not as it was sent.
        steps = definition.steps(self.pipelines.objects(), read.values)
        if not steps:
            raise UserError(f"The definition {file} has no step of an EmrActivity: there is nothing to run.")
        for arguments in steps:
            self.tell(" ".join(arguments))
            submit(arguments, self.s3, settings.read())
        bucket.download("covid/out/pipeline/", out)
        result = results.read(out)
        self.tell(
            f"{result['lines']:,} lines from {result['files']:,} files in {result['seconds']:.1f} s: "
            f"{result['table']}; rows in {result['rows']}; copied to {out}"
        )
        return told(out / "rows", paths, codes(countries), refused=results.incomplete(result))
