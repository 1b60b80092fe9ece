"""`covid batch glue`: tables in the emulator's catalog, Glue's very script on Spark, Iceberg tables."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import pytest

from covid_cli.main import main
from covid_producer import generator
from tests.conftest import Servers

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

Said = tuple[int, str, str]
"""Exit code, standard output, standard error."""
Run = Callable[..., Said]


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], settings: dict[str, str]) -> Run:
    """The command in this process, with no setting but the test's."""

    def run(*arguments: object, **changed: str) -> Said:
        for name in list(os.environ):
            if name.startswith(("AWS_", "COVID_")) and name not in ("COVID_CACHE", "COVID_MAVEN_REPO"):
                monkeypatch.delenv(name)
        for name, value in {**settings, **changed}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["covid", "batch", "glue", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def settings(stack: Servers, emulator: str, unique: str) -> dict[str, str]:
    """A bucket, a database and a job of the test's own."""
    boto3.client(
        "s3",
        endpoint_url=stack.s3.endpoint,
        region_name=stack.s3.region,
        aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret,
    ).create_bucket(Bucket=unique)
    return {
        **{name: value for name, value in stack.settings.items() if name.startswith("COVID_S3_")},
        "COVID_S3_BUCKET": unique,
        "COVID_GLUE_ENDPOINT": emulator,
        "COVID_GLUE_ACCESS_KEY": "covid",
        "COVID_GLUE_SECRET_KEY": "covid",
        "COVID_GLUE_DATABASE": unique.replace("-", "_"),
        "COVID_GLUE_JOB": unique,
    }


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files of one publisher, the smaller one first."""
    folder = tmp_path / "given"
    folder.mkdir()
    generator.write(folder)
    return sorted(folder.glob("covid19-*.csv"), key=lambda path: path.stat().st_size)[:2]


@pytest.mark.timeout(900)
def test_every_row_of_a_run_is_equal_to_the_oracle_and_another_countrys_are_not_mixed_in(
    glue: Run, files: list[Path], tmp_path: Path
) -> None:
    data, out = tmp_path / "phi", tmp_path / "out"
    data.mkdir()
    shutil.copy(files[0], data)
    code, told, errors = glue("run", data, "--out", out)
    assert code == 0, told + errors
    assert ": 1 tables of 1 files, 1 of them put, in " in told
    assert " s (new files: 1): " in told
    first = pq.read_table(out / "rows")
    assert (out / "rows" / "_SUCCESS").exists()
    assert told.splitlines()[-1] == f"{first.num_rows:,} rows equal to the oracle"
    code, told, errors = glue("run", data, "--out", out, "--countries", "all")
    assert code == 1, told + errors
    assert "error: batch_glue_records: covid.countries is CA, for this run all: drop " in errors
    assert pq.read_table(out / "rows").equals(first)


def test_crawl_makes_the_tables_that_crawlers_would(
    glue: Run, settings: dict[str, str], files: list[Path], emulator: str
) -> None:
    code, told, errors = glue("crawl", *files)
    assert code == 0, told + errors
    client = boto3.client(
        "glue", endpoint_url=emulator, region_name="ca-central-1",
        aws_access_key_id="covid", aws_secret_access_key="covid",
    )  # fmt: skip
    database = settings["COVID_GLUE_DATABASE"]
    tables = client.get_tables(DatabaseName=database)["TableList"]
    assert tables
    partitions = []
    for table in tables:
        assert table["Name"] in told
        assert table["Parameters"]["classification"] == "csv"
        columns = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
        assert columns["prname"] == "string"
        assert columns["pruid"] == "bigint"
        found = client.get_partitions(DatabaseName=database, TableName=table["Name"])["Partitions"]
        partitions += [one["Values"][1] for one in found]
    assert sorted(partitions) == sorted(file.stem for file in files)
    again = glue("crawl", *files)
    assert " files, 0 of them put, " in again[1]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"COVID_S3_BUCKET": "no-such-bucket"}, "there is no bucket no-such-bucket: `covid init` makes it"),
        ({"COVID_GLUE_ENDPOINT": "http://127.0.0.1:9"}, "Could not connect to the endpoint URL"),
    ],
)
def test_what_cannot_be_reached(glue: Run, files: list[Path], changed: dict[str, str], sentence: str) -> None:
    code, told, errors = glue("crawl", files[0], **changed)
    assert code == 1
    assert "Traceback" not in told + errors
    assert sentence in errors
