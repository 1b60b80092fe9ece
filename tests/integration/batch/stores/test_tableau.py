"""`covid batch tableau`: rows to an extract of Hyper's, read back; and the workbook beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.batch.stores.work import Given

hyperapi = pytest.importorskip("tableauhyperapi")

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def covid_tableau(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "covid_cli", "batch", "tableau", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def made(small: Given, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("tableau")
    (out / "covid.hyper").write_bytes(b"of before")
    ran = covid_tableau(small.rows, "--against", small.files, "--out", out)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return out, ran.stdout


def test_every_row_is_equal_to_the_oracle(made: tuple[Path, str], small: Given) -> None:
    out, said = made
    rows = pq.read_table(small.rows).num_rows
    assert f"{rows:,} rows in" in said
    assert f"{rows:,} rows equal to the oracle" in said
    assert str(out / "covid.hyper") in said
    assert {path.name for path in out.iterdir()} == {"covid.hyper", "covid.twb"}


def test_hyper_knows_the_tables_and_types_that_the_workbook_asks_for(made: tuple[Path, str]) -> None:
    telemetry = hyperapi.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
    with (
        hyperapi.HyperProcess(telemetry, parameters={"log_config": ""}) as hyper,
        hyperapi.Connection(hyper.endpoint, made[0] / "covid.hyper") as connection,
    ):
        tables = {
            name.name.unescaped: connection.catalog.get_table_definition(name)
            for name in connection.catalog.get_table_names("Extract")
        }
        assert set(tables) == {"batch_metrics", "batch_regions"}
        types = {column.name.unescaped: str(column.type) for column in tables["batch_metrics"].columns}
        assert (types["date"], types["confirmed"], types["incidence_7d"]) == ("DATE", "BIG_INT", "DOUBLE")
        joined = connection.execute_scalar_query(
            'SELECT COUNT(DISTINCT r."name") FROM "Extract"."batch_metrics" AS m '
            'JOIN "Extract"."batch_regions" AS r ON r."code" = m."region" WHERE r."kind" = \'province\''
        )
    assert joined == 13


def test_rows_that_are_not_the_oracles_are_told(small: Given, tmp_path: Path) -> None:
    shutil.copytree(small.rows, tmp_path / "rows")
    part = tmp_path / "rows" / "part-0.parquet"
    table = pq.read_table(part)
    deaths = table["deaths"].to_pylist()
    at = next(number for number, value in enumerate(deaths) if value is not None)
    deaths[at] += 1
    column = table.schema.get_field_index("deaths")
    pq.write_table(table.set_column(column, "deaths", pa.array(deaths, pa.int64())), part)
    ran = covid_tableau(tmp_path / "rows", "--against", small.files, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "different from the oracle, first: " in ran.stdout
    assert "field='deaths'" in ran.stdout


@pytest.mark.parametrize(
    ("name", "sentence"), [("empty", "no Parquet files in"), ("absent", "cannot be read")]
)
def test_rows_that_are_not_there_are_a_sentence(
    small: Given, tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    ran = covid_tableau(tmp_path / name, "--against", small.files, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "out").exists()
