"""The job on one machine: registered with Glue, its run's own arguments executed, its rows compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from covid_cli import settings
from covid_cli.batch import checkout
from covid_cli.batch import result as results
from covid_cli.batch.bucket import Bucket
from covid_cli.batch.compare import told
from covid_cli.batch.glue import runtime
from covid_cli.batch.glue.service import Run, connect
from covid_cli.batch.options import codes
from covid_cli.batch.submit import submit
from covid_cli.errors import UserError
from covid_cli.stack.pins import CATALOG
from covid_core.settings import GlueSettings, S3Settings

_SCRIPT: Final = "job.py"
_SCRIPTS: Final = "covid/job/glue/"
_OUT: Final = "covid/out/glue/"
_CONF: Final = "--conf"
_CATALOG: Final = "spark.sql.catalog.glue_catalog"


@dataclass(frozen=True)
class Trial:
    """S3, Glue, and who is told what happens."""

    s3: S3Settings
    glue: GlueSettings
    tell: Callable[[object], None]

    def run(self, paths: Sequence[Path], out: Path, countries: str) -> int:
        """Put the job, run it, fetch the outputs, compare; an exit code. Raises `UserError`."""
        if find_spec("awsglue") is None:
            raise UserError(
                "AWS's library of Glue is not installed, which is for Python 3.11 alone: "
                "make .venv with it (`make PYTHON=python3.11 setup`)."
            )
        bucket = Bucket(self.s3)
        bucket.replace(_SCRIPTS, {_SCRIPT: checkout.cloud("glue") / _SCRIPT})
        jobs = connect(self.glue)
        jobs.put(self.s3.bucket)
        run = jobs.start(countries)
        self.tell(f"run {run.run_id[:11]} of {self.glue.job}: {run.script}")
        self._submit(run)
        bucket.download(_OUT, out)
        result = results.read(out)
        self.tell(
            f"{result['rows']:,} rows in {result['seconds']:.1f} s (new files: {result['files']}): "
            f"{run.arguments['--OUT']}/rows and Iceberg tables in {self.glue.database}; copied to {out}"
        )
        return told(out / "rows", paths, codes(countries), refused=results.incomplete(result))

    def _submit(self, run: Run) -> None:
        words = [word for pair in run.arguments.items() for word in pair]
        launch = str(Path(runtime.__file__).with_name("launch.py"))
        submit(
            ["spark-submit", launch, run.script, *words],
            self.s3,
            settings.read(),
            groups=CATALOG,
            options={**_options(run.arguments), **self._places()},
            environment=self._environment(),
        )

    def _places(self) -> dict[str, str]:
        """What AWS's own Spark need not be told: where S3 and the catalog are."""
        return {
            f"{_CATALOG}.glue.endpoint": str(self.glue.endpoint),
            f"{_CATALOG}.s3.endpoint": str(self.s3.endpoint),
            f"{_CATALOG}.s3.path-style-access": "true",
            f"{_CATALOG}.client.region": self.glue.region,
            # The one of its HTTP clients that comes with the SDK that S3A needs.
            f"{_CATALOG}.http-client.type": "urlconnection",
            # 200, Spark's default, is for clusters: here each task would last as long as its start.
            "spark.sql.shuffle.partitions": str(os.cpu_count() or 1),
        }

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_GLUE": str(self.glue.endpoint),
            "AWS_ENDPOINT_URL_S3": str(self.s3.endpoint),
            "AWS_ACCESS_KEY_ID": str(self.s3.access_key),
            "AWS_SECRET_ACCESS_KEY": str(self.s3.secret_key),
            "AWS_REGION": self.glue.region,
            "AWS_DEFAULT_REGION": self.glue.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def _options(arguments: Mapping[str, str]) -> dict[str, str]:
    """Spark's options in a job's arguments: Glue takes several in one, `a=b --conf c=d`."""
    pairs = arguments.get(_CONF, "").split(f" {_CONF} ")
    return dict(pair.strip().split("=", 1) for pair in pairs if pair.strip())
