"""`covid batch redshift`: rows in, answers and Parquet out, compared with the oracle and with DuckDB."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_batch.marker import COMMITTED
from covid_batch.redshift.__main__ import main
from tests.conftest import Servers
from tests.integration.batch.stores.work import Given, Job, job

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

REAL = pytest.mark.skipif("COVID_DATA_DIR" not in os.environ, reason="COVID_DATA_DIR is not set")


@pytest.fixture(scope="module")
def loaded(embedded: Servers, newest_files: Given) -> Iterator[Job]:
    """A warehouse that holds the newest files' rows."""
    with job(embedded, "COVID_REDSHIFT_URL", embedded.new_database()) as work:
        done = work.run("redshift", "load", newest_files.rows, "--against", newest_files.files)
        assert done.returncode == 0, done.stdout + done.stderr
        count = pq.read_table(newest_files.rows).num_rows
        assert count > 5_000
        assert f"{count:,} rows equal to the oracle" in done.stdout
        assert f"s3://{work.bucket}/batch/redshift/batch_metrics.parquet" in done.stdout
        yield work


@pytest.fixture(scope="module")
def answers(loaded: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("answers")
    done = loaded.run("redshift", "analyse", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all equal to DuckDB's" in done.stdout
    return out


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_query_is_answered_and_says_something(answers: Path) -> None:
    found = {path.stem: lines(path) for path in answers.glob("*.csv")}
    assert len(found) >= 10
    assert [name for name, rows in found.items() if not rows] == []


@REAL
def test_what_is_known_of_the_publishers_files_is_in_the_answers(answers: Path) -> None:
    corrections = {
        (row["region"], row["date"]): row["new_confirmed"] for row in lines(answers / "corrections.csv")
    }
    assert corrections["CA-ON", "2022-04-15"] == "-11193"
    assert corrections["CA-ON", "2022-08-04"] == "-10552"
    assert corrections["CA-MB", "2022-03-29"] == "-673"
    gaps = {row["region"]: row for row in lines(answers / "publishers.csv")}
    assert gaps["CA"]["least_gap"] == "-55161"
    rises = {row["region"]: row for row in lines(answers / "longest_rise.csv")}
    assert (rises["CA-ON"]["first_day"], rises["CA-ON"]["last_day"]) == ("2021-10-30", "2022-01-03")


def test_a_changed_table_is_told_from_the_rows_it_was_loaded_from(loaded: Job, tmp_path: Path) -> None:
    change = (
        "UPDATE batch_metrics SET new_confirmed = new_confirmed {} 1 "
        "WHERE source = 'jhu' AND region = 'CA-ON' AND date = '2020-12-31'"
    )
    with psycopg.connect(loaded.url) as connection:
        assert connection.execute(change.format("+").encode()).rowcount == 1
    try:
        done = loaded.run("redshift", "analyse", "fatality", "peaks", "--out", tmp_path)
    finally:
        with psycopg.connect(loaded.url) as connection:
            connection.execute(change.format("-").encode())
    assert done.returncode == 1
    assert "1 different from DuckDB's" in done.stdout
    assert "cases: expected" in done.stdout


def test_unload_writes_parquet_in_place_of_what_lay_there(loaded: Job) -> None:
    stale = "batch/redshift/unload/daily/001.parquet"
    loaded.s3.put_object(Bucket=loaded.bucket, Key=stale, Body=b"of an earlier, longer answer")
    done = loaded.run("redshift", "unload")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal to DuckDB's answer" in done.stdout
    assert [key for key in loaded.objects() if "/unload/" in key] == [
        "batch/redshift/unload/daily/000.parquet"
    ]
    answer = loaded.s3.get_object(Bucket=loaded.bucket, Key="batch/redshift/unload/daily/000.parquet")
    body = answer["Body"].read()
    table = pq.read_table(io.BytesIO(body))
    assert table.schema.field("date").type == pa.date32()
    assert table.schema.field("confirmed").type == pa.int64()
    assert table.schema.field("incidence_7d").type == pa.float64()
    assert table.num_rows > 1_000


def test_only_tables_of_its_own_are_made(loaded: Job) -> None:
    with psycopg.connect(loaded.url) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
    assert {name for (name,) in names} == {"batch_metrics", "batch_metrics_live", "batch_regions"}


def test_rows_that_are_not_the_oracles_are_told(embedded: Servers, small: Given, tmp_path: Path) -> None:
    table = pq.read_table(small.rows / "part-0.parquet")
    deaths = [
        None if value is None else value + (number == 7)
        for number, value in enumerate(table["deaths"].to_pylist())
    ]
    at = table.schema.get_field_index("deaths")
    tampered = tmp_path / "rows"
    shutil.copytree(small.rows, tampered)
    pq.write_table(table.set_column(at, "deaths", pa.array(deaths, pa.int64())), tampered / "part-0.parquet")
    with job(embedded, "COVID_REDSHIFT_URL", embedded.new_database()) as work:
        done = work.run("redshift", "load", tampered, "--against", small.files)
    assert done.returncode == 1
    assert "different from the oracle, first: " in done.stdout
    assert "field='deaths'" in done.stdout


def test_a_load_that_fails_leaves_all_as_it_was(loaded: Job, small: Given, tmp_path: Path) -> None:
    before, count = loaded.objects(), "SELECT count(*) FROM batch_metrics"
    with psycopg.connect(loaded.url) as connection:
        held = connection.execute(count).fetchone()
    table = pq.read_table(small.rows / "part-0.parquet")
    unknown = pa.array(["CA-ZZ"] * table.num_rows)
    at = table.schema.get_field_index("region")
    pq.write_table(table.set_column(at, "region", unknown), tmp_path / "part-0.parquet")
    (tmp_path / COMMITTED).touch()
    done = loaded.run("redshift", "load", tmp_path, "--against", small.files)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    with psycopg.connect(loaded.url) as connection:
        assert connection.execute(count).fetchone() == held
    assert loaded.objects() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("load", "{empty}"), "no Parquet files in"),
        (("load", "{empty}/absent"), "cannot be read"),
        (("load", "s3://{bucket}/nothing"), "cannot be read"),
        (("load", "{half}"), "is not whole: it has no _SUCCESS"),
        (("load", "{other}"), "holds no rows of ours: it has no column source"),
        (("analyse", "peeks", "--out", "{empty}"), "no query peeks in sql/redshift: there are corrections, "),
        (("unload", "peeks"), "no query peeks in sql/redshift"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(
    loaded: Job,
    tmp_path: Path,
    arguments: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("half", "other"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"a": [1]}), tmp_path / name / "part-0.parquet")
    (tmp_path / "other" / COMMITTED).touch()
    names = {name: tmp_path / name for name in ("empty", "half", "other")} | {"bucket": loaded.bucket}
    for name, value in {**loaded.environ, "COVID_REDSHIFT_URL": loaded.url}.items():
        monkeypatch.setenv(name, value)
    assert main([one.format(**names) for one in arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert sentence in said.err


def test_a_server_that_is_away_is_said_in_a_sentence(loaded: Job, tmp_path: Path) -> None:
    away = Job({**loaded.environ, "COVID_REDSHIFT_URL": "postgresql://nobody@127.0.0.1:1/none"}, "", "", None)
    done = away.run("redshift", "analyse", "peaks", "--out", tmp_path)
    assert done.returncode == 1
    assert "error: connection" in done.stderr
    assert "Traceback" not in done.stderr
