"""`cloud/emr/bootstrap.sh` on S3: what a node gets of a bucket that other platforms use too."""

from __future__ import annotations

import io
import os
import subprocess
import sysconfig
import tarfile
from pathlib import Path
from uuid import uuid4

import pytest

from covid_cli.batch.checkout import cloud
from covid_cli.batch.emr import scripts
from covid_cli.provision import s3_client
from covid_core.settings import S3Settings
from tests.conftest import Servers

pytestmark = pytest.mark.integration


def package() -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("covid_batch.py"))
    return body.getvalue()


def test_a_node_gets_the_data_and_the_job_and_nothing_that_lies_beside_them(
    stack: Servers, tmp_path: Path
) -> None:
    keys, place = stack.s3, uuid4().hex
    settings = S3Settings(
        endpoint=keys.endpoint, access_key=keys.key, secret_key=keys.secret, bucket=keys.bucket
    )
    objects = {
        "data/covid19.csv": b"pruid\n35\n",
        "data/day=1/covid19.csv": b"pruid\n35\n",
        f"job/{scripts.PACKAGE}": package(),
        f"job/{scripts.JOB}": b"",
        "glue/rows/part-0.parquet": b"PAR1",
        "iceberg/metrics/data/part-0.parquet": b"PAR1",
        "out/from-s3/covid.csv": b"region\n",
    }
    client = s3_client(settings)
    for name, body in objects.items():
        client.put_object(Bucket=keys.bucket, Key=f"{place}/{name}", Body=body)
    node = tmp_path / "node"
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath))),
        "AWS_ENDPOINT_URL": keys.endpoint,
        "AWS_ACCESS_KEY_ID": keys.key,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_DEFAULT_REGION": keys.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(
        ["bash", str(cloud("emr") / scripts.BOOTSTRAP), f"s3://{keys.bucket}/{place}", str(node)],
        env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"2 files of data in {node}/data\n"
    found = {str(file.relative_to(node)) for file in node.rglob("*") if file.is_file()}
    assert found == {
        "data/covid19.csv",
        "data/day=1/covid19.csv",
        "job/package.tar.gz",
        "job/job.py",
        "lib/covid_batch.py",
    }
