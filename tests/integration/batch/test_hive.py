"""`covid batch hive`: the notebook executed, its tables served, the dashboard's queries by HiveServer2."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pyarrow.parquet as pq
import pytest

from covid_batch.hive.client import HiveServer2
from covid_batch.hive.tables import TABLES
from covid_batch.stores.errors import Unusable
from covid_batch.stores.rows import read
from covid_cli.stack.ports import fresh
from covid_core.settings import S3Settings
from covid_producer import generator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

COMMAND = (sys.executable, "-m", "covid_cli", "batch", "hive")


def covid_hive(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weekly file of PHAC's, and one that is cut off."""
    folder = tmp_path_factory.mktemp("data")
    weekly = generator.write(tmp_path_factory.mktemp("epidemic"))[1]
    weekly.rename(folder / weekly.name)
    (folder / "covid19-download_cut-off.csv").write_bytes(b"pruid,prname,date,numdeaths,numtotal\n\xff\xfe")
    return folder


@pytest.fixture(scope="module")
def hive(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the tables, and what the command said."""
    out = tmp_path_factory.mktemp("hive")
    ran = covid_hive("run", data, "--out", out)
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert "covid19-download_cut-off.csv" in ran.stderr
    return out, ran.stdout


@pytest.fixture(scope="module")
def served(hive: tuple[Path, str]) -> Iterator[tuple[Path, int]]:
    """The folder and the port of the server over it."""
    out, port = hive[0], fresh(["hive"])["hive"]
    argv = [*COMMAND, "serve", "--out", str(out), "--port", str(port)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"jdbc:hive2://127.0.0.1:{port}/covid" in line, line
        yield out, port
    finally:
        process.send_signal(signal.SIGTERM)  # a job in the background may be told to ignore Ctrl-C
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "stopped" in said


@pytest.fixture
def connection(served: tuple[Path, int]) -> Iterator[HiveServer2]:
    opened = HiveServer2(f"hive2://127.0.0.1:{served[1]}")
    yield opened
    opened.close()


def test_the_physical_table_is_equal_to_the_oracle(hive: tuple[Path, str]) -> None:
    out, said = hive
    folder = out / "warehouse" / "covid.db" / "batch_metrics"
    rows = pq.read_table(folder).num_rows
    assert rows > 1_000
    assert f"{rows:,} rows equal to the oracle" in said
    assert f"covid.batch_metrics, in {folder}" in said


def test_the_executed_notebook_shows_the_view_and_the_table(hive: tuple[Path, str]) -> None:
    notebook = nbformat.read(hive[0] / "covid.ipynb", as_version=4)
    printed = ["".join(one.get("text", "") for one in cell.get("outputs", ())) for cell in notebook.cells]
    assert any("phac-weekly" in text for text in printed)
    shown = next(text for text in printed if "MANAGED" in text)
    assert all(name in shown for name in (*TABLES, "batch_metrics_live", "parquet"))
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_the_dashboards_queries_answer_through_hiveserver2(served: tuple[Path, int]) -> None:
    out, port = served
    ran = covid_hive("query", "--out", out, "--port", port)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 answers in" in ran.stdout
    assert "all equal to DuckDB's" in ran.stdout
    answers = {}
    for path in (out / "answers").glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            answers[path.stem] = list(csv.DictReader(file))
    assert len(answers["map"]) == 13
    assert len(answers["table"]) >= 14
    assert {row["source"] for row in answers["filters"]} == {"merged", "phac-weekly"}
    (figures,) = answers["key_figures"]
    assert int(figures["confirmed"]) > int(figures["confirmed_in_7_days"]) >= 0
    assert len(answers["trend"]) > 10


def test_beeline_reads_the_table(served: tuple[Path, int]) -> None:
    import pyspark  # noqa: PLC0415 - only for its folder

    beeline = Path(pyspark.__file__).parent / "bin" / "beeline"
    statement = "SELECT COUNT(*) AS n FROM covid.batch_metrics"
    argv = [beeline, "-u", f"jdbc:hive2://127.0.0.1:{served[1]}/covid", "-n", "covid", "--silent=true"]
    ran = subprocess.run(
        [*argv, "--outputformat=csv2", "-e", statement],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    rows = pq.read_table(served[0] / "warehouse" / "covid.db" / "batch_metrics").num_rows
    # After its prompt.
    assert ran.stdout.split()[-2:] == ["n", str(rows)], ran.stderr


def test_the_tables_folder_is_whole_to_whoever_loads_it(served: tuple[Path, int]) -> None:
    folder = served[0] / "warehouse" / "covid.db" / "batch_metrics"
    assert read(str(folder), S3Settings()).num_rows == pq.read_table(folder).num_rows


def test_columns_have_the_types_of_every_store(connection: HiveServer2) -> None:
    described = {row[0]: row[1] for row in connection.ask("DESCRIBE batch_metrics").rows}
    assert described["date"] == "date"
    assert described["confirmed"] == "bigint"
    assert described["incidence_7d"] == "double"
    assert described["deleted"] == "boolean"


def test_a_refused_query_is_a_sentence(connection: HiveServer2) -> None:
    with pytest.raises(Unusable, match=r"refused a query: .*no_such_table"):
        connection.ask("SELECT * FROM no_such_table")


def test_tables_that_are_served_are_not_written_meanwhile(served: tuple[Path, int], data: Path) -> None:
    ran = covid_hive("run", data, "--out", served[0])
    assert ran.returncode == 1
    assert "is in use: its catalogue takes one process" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_nothing_to_read_is_a_sentence_and_leaves_no_table(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    ran = covid_hive("run", tmp_path, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "error: no usable file of PHAC or JHU under" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.glob("out/warehouse/*.db"))
    assert not (tmp_path / "out" / "covid.ipynb").exists()


def test_a_folder_without_tables_is_not_served(tmp_path: Path) -> None:
    ran = covid_hive("serve", "--out", tmp_path, "--port", fresh(["hive"])["hive"])
    assert ran.returncode == 1
    assert "holds no tables: `covid batch hive run" in ran.stderr


def test_a_server_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    ran = covid_hive("query", "--out", tmp_path, "--port", fresh(["hive"])["hive"])
    assert ran.returncode == 1
    assert "error: no HiveServer2 answers at hive2://127.0.0.1:" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "answers").exists()
