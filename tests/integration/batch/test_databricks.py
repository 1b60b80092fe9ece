"""`covid batch databricks`: the notebook's cells on Spark, the pages that it shows, and its rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from covid_batch.schema import names
from covid_batch.table import ddl
from covid_producer import generator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def covid_batch(where: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "covid_cli", "batch", "databricks", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=where,
        timeout=500,
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One vintage of a publisher, and a file that cannot be used."""
    folder = tmp_path_factory.mktemp("data")
    given = os.environ.get("COVID_DATA_DIR")
    if given:
        shutil.copy(min((Path(given) / "phi").rglob("*.csv"), key=lambda path: path.stat().st_size), folder)
    else:
        generator.write(folder)
    (folder / "covid19-download_cut-off.csv").write_bytes(b"pruid,prname,date,numdeaths,numtotal\n\xff\xfe")
    return folder


def test_cells_run_and_show_pages_and_every_row_is_equal_to_the_oracle(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = covid_batch(tmp_path, data, "--out", out, "--region", "CA-QC")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "covid19-download_cut-off.csv" in done.stderr
    rows = pq.read_table(out / "rows")
    assert done.stdout.splitlines()[-1] == f"{rows.num_rows:,} rows equal to the oracle"
    # The table's columns are told by their order in the file.
    with (out / "covid.csv").open(encoding="utf-8") as file:
        assert file.readline().strip().split(",") == names(ddl())
    pages = sorted((out / "pages").iterdir())
    assert [page.name.partition("-")[2] for page in pages] == [
        "display.html",
        "display.html",
        "displayHTML.html",
    ]
    worst, months, chart = (page.read_text(encoding="utf-8") for page in pages)
    for name in ("region", "incidence_7d", "CA-QC"):
        assert name in worst
    found = rows.filter(
        [source == "merged" and region == "CA-QC" for source, region in
         zip(rows["source"].to_pylist(), rows["region"].to_pylist(), strict=True)]
    )  # fmt: skip
    most = max(value or 0 for value in found["confirmed"].to_pylist())
    assert f">{most:,}<" in months
    assert "<svg" in chart and "Quebec" in chart
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_nothing_to_read_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "other.csv").write_text("a,b\n1,2\n")
    done = covid_batch(tmp_path, tmp_path / "in", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "no usable file of PHAC or JHU under" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("out/rows*")) + list(tmp_path.glob("out/*.csv"))
