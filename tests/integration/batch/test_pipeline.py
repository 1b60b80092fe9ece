"""`covid batch pipeline`: AWS Data Pipeline in the emulator, its step by Spark out of SeaweedFS."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx
import psutil
import pyarrow.parquet as pq
import pytest

from covid_cli.main import main
from covid_producer import generator
from tests.conftest import Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

Said = tuple[int, str, str]
"""Exit code, standard output, standard error."""
Run = Callable[..., Said]
REGION = "us-east-1"


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, with no setting but those that are given."""

    def run(*arguments: object, **environ: str) -> Said:
        for name in list(os.environ):
            if name.startswith(("AWS_", "COVID_")) and name not in ("COVID_CACHE", "COVID_MAVEN_REPO"):
                monkeypatch.delenv(name)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["covid", "batch", "pipeline", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def settings(emulator: str, unique: str) -> dict[str, str]:
    return {
        "COVID_PIPELINE_ENDPOINT": emulator,
        "COVID_PIPELINE_ACCESS_KEY": "covid",
        "COVID_PIPELINE_SECRET_KEY": "covid",
        "COVID_PIPELINE_NAME": unique,
    }


@pytest.fixture
def values() -> list[str]:
    names = ("myBucket", "mySubnet", "myTopicArn", "myPipelineRole", "myResourceRole")
    return [word for name in names for word in ("--set", f"{name}=of-{name}")]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One vintage of a publisher, and a file that cannot be used."""
    folder = tmp_path / "data"
    folder.mkdir()
    given = os.environ.get("COVID_DATA_DIR")
    if given:
        shutil.copy(min((Path(given) / "phi").rglob("*.csv"), key=lambda path: path.stat().st_size), folder)
    else:
        generator.write(folder)
    (folder / "covid19-download_cut-off.csv").write_bytes(b"pruid,prname,date,numdeaths,numtotal\n\xff\xfe")
    return folder


def test_all_of_it_here_ends_equal_to_the_oracle(pipeline: Run, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    code, told, errors = pipeline(data, "--out", out)
    assert code == 3, told + errors
    said = told.splitlines()
    assert said[0].endswith("made, definition stored; validated here only: the service does not")
    assert said[1].endswith("activated")
    assert said[2].endswith("is SCHEDULED")
    assert said[4] == (
        "spark-submit s3://covid-lake/covid/job/job.py emr s3://covid-lake/covid/data "
        "--out s3://covid-lake/covid/out/pipeline --countries CA"
    )
    rows = pq.read_table(out / "rows")
    assert rows.num_rows > 500
    assert said[-1] == f"{rows.num_rows:,} rows equal to the oracle"
    with (out / "covid.csv").open(encoding="utf-8") as file:
        assert said[-2].startswith(f"{sum(1 for _ in csv.DictReader(file)):,} lines from")
    assert "covid19-download_cut-off.csv" in errors
    assert (out / "notes.txt").read_text() == "mine"
    # What other tests have started may have ended meanwhile.
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def done(said: Said) -> str:
    """What was told."""
    code, told, errors = said
    assert code == 0, told + errors
    return told


def test_put_twice_activate_and_status(
    pipeline: Run, settings: dict[str, str], values: list[str], unique: str
) -> None:
    first = done(pipeline("put", *values, **settings))
    assert "made, definition stored" in first
    assert done(pipeline("put", *values, **settings)) == first.replace(" made", " found")
    pipeline_id = first.split()[0]
    assert done(pipeline("status", **settings)).startswith(f"{pipeline_id} is PENDING\n")
    assert done(pipeline("activate", **settings)) == f"{pipeline_id} activated\n"
    assert done(pipeline("status", **settings)).startswith(f"{pipeline_id} is SCHEDULED\n")
    client = boto3.client(
        "datapipeline",
        endpoint_url=settings["COVID_PIPELINE_ENDPOINT"],
        region_name=REGION,
        aws_access_key_id="covid",
        aws_secret_access_key="covid",
    )
    every = client.get_paginator("list_pipelines").paginate().search("pipelineIdList[].name")
    assert list(every).count(unique) == 1
    stored = client.get_pipeline_definition(pipelineId=pipeline_id)["pipelineObjects"]
    (cluster,) = (one for one in stored if one["id"] == "Cluster")
    assert {"key": "applications", "stringValue": "spark"} in cluster["fields"]


def failed(said: Said) -> str:
    """The one sentence."""
    code, told, errors = said
    assert code == 1, told + errors
    assert errors.count("\n") == 1
    assert errors.startswith("covid: ")
    return errors


def test_a_pipeline_that_is_not_there(pipeline: Run, settings: dict[str, str], unique: str) -> None:
    for word in ("activate", "status"):
        assert f"There is no pipeline {unique} in {REGION}: `covid batch pipeline put` makes it" in failed(
            pipeline(word, **settings)
        )


def test_a_definition_with_a_dangling_reference(
    pipeline: Run, settings: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "definition.json"
    path.write_text('{"objects": [{"id": "Backfill", "runsOn": {"ref": "Cluster"}}]}')
    said = failed(pipeline("put", "--definition", path, **settings))
    assert "has one problem: Backfill.runsOn refers to Cluster, which is not there." in said
    assert failed(pipeline("status", **settings))  # and nothing was made


def test_values_that_are_missing(pipeline: Run, settings: dict[str, str]) -> None:
    said = failed(pipeline("put", "--set", "myBucket=lake", **settings))
    assert "has 4 problems: mySubnet has no value: give it by --set mySubnet=VALUE; myTopicArn" in said
    assert "--set myBucket=VALUE" in failed(pipeline("put", "--set", "myBucket", **settings))


def test_credentials_that_the_service_refuses(
    pipeline: Run, settings: dict[str, str], values: list[str], emulator: str
) -> None:
    # From now on it asks for access keys of users that it knows.
    httpx.post(f"{emulator}/moto-api/reset-auth", content=b"0", trust_env=False).raise_for_status()
    try:
        said = failed(pipeline("put", *values, **settings))
    finally:
        never = b"inf"
        httpx.post(f"{emulator}/moto-api/reset-auth", content=never, trust_env=False).raise_for_status()
    assert "refuses the credentials" in said
    assert "set COVID_PIPELINE_ACCESS_KEY and COVID_PIPELINE_SECRET_KEY" in said


def test_a_service_that_is_away(pipeline: Run, settings: dict[str, str]) -> None:
    said = failed(pipeline("status", **{**settings, "COVID_PIPELINE_ENDPOINT": "http://127.0.0.1:9"}))
    assert "check COVID_PIPELINE_ENDPOINT" in said


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"COVID_S3_BUCKET": "no-such-bucket"}, "There is no bucket no-such-bucket: `covid init` makes it"),
        ({"COVID_S3_SECRET_KEY": "wrong"}, "is closed to these credentials"),
        ({"COVID_S3_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
)
def test_a_bucket_that_cannot_be_used(
    pipeline: Run,
    settings: dict[str, str],
    stack: Servers,
    data: Path,
    tmp_path: Path,
    changed: dict[str, str],
    sentence: str,
) -> None:
    environ = {**settings, **stack.settings, **changed}
    assert sentence in failed(pipeline(data, "--out", tmp_path / "out", **environ))
    assert not (tmp_path / "out").exists()
    assert failed(pipeline("status", **settings))  # no pipeline was made for it


def test_files_that_are_not_there(pipeline: Run, settings: dict[str, str], tmp_path: Path) -> None:
    said = failed(pipeline(tmp_path / "none", "--out", tmp_path / "out", **settings))
    assert f"{tmp_path / 'none'} is not there" in said
