"""`covid batch sqlserver`: tables in, answers out, compared with the oracle, with DuckDB and known facts.

On the stand-in, and on a real SQL Server where `COVID_TEST_MSSQL_URL` names a database for tests (its
tables `batch_metrics` and `batch_regions` are replaced).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_batch.marker import COMMITTED
from covid_batch.sqlserver.__main__ import main
from covid_cli.batch.stores.check import first_difference
from tests.conftest import Servers
from tests.integration.batch.stores.work import Given, Job, job

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

FACTS = Path(__file__).parents[4] / "sql" / "sqlserver" / "expected"


@pytest.fixture(scope="module", params=["stand-in", "sqlserver"])
def imported(request: pytest.FixtureRequest, embedded: Servers, newest_files: Given) -> Iterator[Job]:
    """A store that holds the newest files' rows."""
    if request.param == "stand-in":
        url = embedded.new_database()
    elif not (url := os.environ.get("COVID_TEST_MSSQL_URL", "")):
        pytest.skip("COVID_TEST_MSSQL_URL is not set")
    with job(embedded, "COVID_RDS_URL", url) as work:
        done = work.run("sqlserver", "import", newest_files.rows, "--against", newest_files.files)
        assert done.returncode == 0, done.stdout + done.stderr
        count = pq.read_table(newest_files.rows).num_rows
        assert count > 5_000
        assert f"{count:,} rows equal to the oracle" in done.stdout
        assert f"s3://{work.bucket}/batch/sqlserver/batch_metrics.csv" in done.stdout
        yield work


@pytest.fixture(scope="module")
def answers(imported: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("answers")
    done = imported.run("sqlserver", "query", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all equal to DuckDB's" in done.stdout
    return out


def cells(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    return header, lines


def test_every_query_has_its_facts_and_an_answer(answers: Path) -> None:
    names = {path.name for path in answers.glob("*.csv")}
    assert len(names) >= 8
    assert names == {path.name for path in FACTS.glob("*.csv")}


@pytest.mark.skipif("COVID_DATA_DIR" not in os.environ, reason="COVID_DATA_DIR is not set")
def test_every_answer_is_what_was_counted_from_the_publishers_files(answers: Path) -> None:
    for path in FACTS.glob("*.csv"):
        columns, wanted = cells(path)
        typed = [[number(cell) for cell in line] for line in wanted]
        assert first_difference(columns, typed, *cells(answers / path.name)) is None, path.name


def number(cell: str) -> object:
    """A cell as a number where it is one, so that the last digit of a quotient may differ."""
    try:
        return float(cell)
    except ValueError:
        return cell or None


def test_keys_and_indexes_are_there(imported: Job) -> None:
    if not imported.url.startswith("postgresql"):
        pytest.skip("asked of PostgreSQL's catalog")
    with psycopg.connect(imported.url) as connection:
        found = connection.execute("SELECT conname FROM pg_constraint WHERE contype IN ('p', 'f')").fetchall()
        indexes = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
        ).fetchall()
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
    assert {"batch_metrics_key", "batch_metrics_region", "batch_regions_key"} <= {name for (name,) in found}
    assert ("batch_metrics_day",) in indexes
    assert all(name.startswith("batch_") for (name,) in names)


def test_an_import_that_fails_leaves_all_as_it_was(
    imported: Job,
    small: Given,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in imported.environ.items():
        monkeypatch.setenv(name, value)
    before = imported.objects()
    table = pq.read_table(small.rows / "part-0.parquet")
    at = table.schema.get_field_index("region")
    unknown = table.set_column(at, "region", pa.array(["CA-ZZ"] * table.num_rows))
    pq.write_table(unknown, tmp_path / "part-0.parquet")
    (tmp_path / COMMITTED).touch()
    assert main(["import", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert imported.objects() == before
    assert main(["query", "joins", "--out", str(tmp_path / "answers")]) == 0
    assert len(cells(tmp_path / "answers" / "joins.csv")[1]) > 10


def test_a_url_of_no_database_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("COVID_RDS_URL", "oracle://u:secret@h/d")
    assert main(["query", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said == "error: COVID_RDS_URL starts with neither mssql:// nor postgresql://\n"
