"""The job on S3 with what it cannot use: one sentence that says what to do, and nothing half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from covid_cli import settings
from covid_cli.provision import s3_client
from covid_cli.stack import jars, pins
from covid_cli.stack.servers.jvm import FRUGAL
from covid_core.settings import S3Settings
from covid_producer import generator
from tests.conftest import Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

Job = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def s3(stack: Servers) -> S3Settings:
    keys = stack.s3
    return S3Settings(endpoint=keys.endpoint, access_key=keys.key, secret_key=keys.secret, bucket=keys.bucket)


@pytest.fixture(scope="module")
def job(s3: S3Settings, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The job, by the Spark of its process, with the embedded S3 and credentials from the environment."""
    pinned, given = pins.pinned("s3a"), settings.read()
    folder = jars.folder_of(given.cache_folder, pinned)
    if wanted := [(folder, jar) for jar in jars.missing(folder, pinned)]:
        jars.fetch(given.maven_repo, wanted, lambda size: None)
    configuration = tmp_path_factory.mktemp("spark")
    options = {f"spark.hadoop.{key}": value for key, value in s3.hadoop().items() if "key" not in key}
    options |= {"spark.driver.extraClassPath": f"{folder}/*", "spark.ui.enabled": "false"}
    options |= {"spark.master": "local[2]", "spark.driver.extraJavaOptions": " ".join(FRUGAL)}
    lines = "".join(f"{key} {value}\n" for key, value in options.items())
    (configuration / "spark-defaults.conf").write_text(lines)

    def run(source: str, out: str, secret: str | None = s3.secret_key) -> subprocess.CompletedProcess[str]:
        environ = {
            **os.environ,
            "SPARK_CONF_DIR": str(configuration),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "AWS_ACCESS_KEY_ID": s3.access_key or "",
            "AWS_SECRET_ACCESS_KEY": secret or "",
        }
        command = [sys.executable, "-m", "covid_batch", "emr", source, "--out", out]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture
def place(s3: S3Settings, tmp_path: Path) -> str:
    """A prefix of its own in the bucket, with an epidemic under data/ and outputs of before under out/."""
    client, prefix = s3_client(s3), uuid4().hex
    for file in generator.write(tmp_path / "epidemic"):
        client.upload_file(str(file), s3.bucket, f"{prefix}/data/{file.name}")
    client.put_object(Bucket=s3.bucket, Key=f"{prefix}/out/covid.csv", Body=b"of before\n")
    return prefix


def keys(s3: S3Settings, prefix: str) -> set[str]:
    found = s3_client(s3).list_objects_v2(Bucket=s3.bucket, Prefix=f"{prefix}/out/").get("Contents", [])
    return {one["Key"].removeprefix(f"{prefix}/out/") for one in found if not one["Key"].endswith("/")}


def ended(ran: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert ran.returncode == 1, ran.stdout + ran.stderr
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert sentence in last
    assert "Traceback" not in ran.stderr


def test_wrong_credentials_leave_what_was_there_and_a_second_run_replaces_it(
    job: Job, s3: S3Settings, place: str
) -> None:
    source, out = f"s3a://{s3.bucket}/{place}/data", f"s3a://{s3.bucket}/{place}/out"
    ended(job(source, out, secret="wrong"), "S3 refused the credentials for s3a://")
    assert keys(s3, place) == {"covid.csv"}

    # A job that was killed leaves its draft; the next one removes it.
    client = s3_client(s3)
    client.put_object(Bucket=s3.bucket, Key=f"{place}/out/rows.0a.unfinished/part-0.parquet", Body=b"half")
    ran = job(source, out)
    assert ran.returncode == 0, ran.stderr
    left = keys(s3, place)
    assert {"covid.csv", "result.json", "rows/_SUCCESS"} < left
    assert not [key for key in left if "unfinished" in key]
    body = client.get_object(Bucket=s3.bucket, Key=f"{place}/out/result.json")["Body"].read()
    assert json.loads(body)["lines"] > 1_000
    assert client.get_object(Bucket=s3.bucket, Key=f"{place}/out/covid.csv")["Body"].read(6) == b"region"


def test_a_missing_bucket_is_named(job: Job, s3: S3Settings, place: str) -> None:
    ended(job("s3a://no-such-bucket/data", f"s3a://{s3.bucket}/{place}/out"), "s3a://no-such-bucket/data")
    assert keys(s3, place) == {"covid.csv"}


def test_an_empty_partition_or_a_changed_schema_alone_is_nothing_to_read(
    job: Job, s3: S3Settings, place: str
) -> None:
    client, header = s3_client(s3), b"pruid,prname,date,numdeaths,numcases\n"
    client.put_object(Bucket=s3.bucket, Key=f"{place}/day=1/covid19.csv", Body=b"")
    client.put_object(
        Bucket=s3.bucket, Key=f"{place}/day=2/covid19.csv", Body=header + b"35,Ontario,2021-04-01,1,2\n"
    )
    for day, why in (("1", "the file is empty"), ("2", "lacks numtotal or totalcases")):
        ran = job(f"s3a://{s3.bucket}/{place}/day={day}", f"s3a://{s3.bucket}/{place}/out")
        ended(ran, why)
        assert "no usable file of PHAC or JHU under" in ran.stderr
    assert keys(s3, place) == {"covid.csv"}
