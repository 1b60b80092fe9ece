"""`covid batch local`: files in, one table and all rows out, equal to the oracle and to what is known."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
import pytest

from covid_cli.batch.spark import environment
from covid_core import regions
from covid_producer import generator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

Run = Callable[..., subprocess.CompletedProcess[str]]
REPLACED_BETWEEN: Final = """
import sys
from pathlib import Path
from covid_batch import local
from covid_batch.__main__ import main

def read(*arguments, read=local.read):
    path = Path(sys.argv[1])
    path.write_bytes(path.read_bytes() + b"\\n")
    return read(*arguments)

local.read = read
sys.exit(main(["local", str(Path(sys.argv[1]).parent), "--out", sys.argv[2]]))
"""
COLUMNS = {"phi_daily": "phac", "phi_weekly": "phac_weekly", "jhu_final": "jhu"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every vintage, and a file that cannot be used."""
    folder = tmp_path_factory.mktemp("data")
    given = os.environ.get("COVID_DATA_DIR")
    if given:
        for name in ("phi", "jhu"):
            shutil.copytree(Path(given) / name, folder / name)
    else:
        generator.write(folder)
    (folder / "covid19-download_cut-off.csv").write_bytes(b"pruid,prname,date,numdeaths,numtotal\n\xff\xfe")
    return folder


@pytest.fixture(scope="module")
def covid_batch() -> Run:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "covid_cli", "batch", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def done(data: Path, covid_batch: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("out")
    ran = covid_batch("local", data, "--out", out)
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert "covid19-download_cut-off.csv" in ran.stderr
    return out, ran.stdout


def table(out: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (out / "covid.csv").open(encoding="utf-8") as file:
        return {(line["region"], line["date"]): line for line in csv.DictReader(file)}


def test_every_row_is_equal_to_the_oracle(done: tuple[Path, str]) -> None:
    out, said = done
    rows = pq.read_table(out / "rows")
    assert rows.num_rows > 1_000
    assert f"{rows.num_rows:,} rows equal to the oracle" in said


def test_the_table_has_a_line_for_every_day_of_any_publisher(done: tuple[Path, str]) -> None:
    out, _ = done
    lines = table(out)
    rows = pq.read_table(out / "rows").to_pylist()
    assert set(lines) == {(row["region"], row["date"].isoformat()) for row in rows if not row["deleted"]}
    for row in rows[::97]:
        if row["deleted"]:
            continue
        line = lines[row["region"], row["date"].isoformat()]
        prefix = row["source"].replace("-", "_")
        for field in ("confirmed", "deaths", "recovered", "tests"):
            assert line[f"{prefix}_{field}"] == ("" if row[field] is None else str(row[field]))


@pytest.mark.skipif("COVID_DATA_DIR" not in os.environ, reason="COVID_DATA_DIR is not set")
def test_what_is_known_of_the_publishers_files_is_in_the_table(done: tuple[Path, str]) -> None:
    lines = table(done[0])
    codes = {regions.get(code).name: code for code in ("CA", *regions.PROVINCES)}
    with (Path(os.environ["COVID_DATA_DIR"]) / "expected.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 266
    for row in expected:
        line = lines[codes[row["geo"]], row["date"]]
        prefix = next(named for start, named in COLUMNS.items() if row["source"].startswith(start))
        for field, column in (("confirmed", "cum_cases"), ("deaths", "cum_deaths")):
            assert line[f"{prefix}_{field}"] == (str(int(float(row[column]))) if row[column] else ""), row


def test_nothing_to_read_is_a_sentence_and_leaves_nothing(covid_batch: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "other.csv").write_text("a,b\n1,2\n")
    ran = covid_batch("local", tmp_path / "in", "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "no usable file of PHAC or JHU under" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_file_that_changes_before_it_is_read_is_a_sentence_and_leaves_what_was(tmp_path: Path) -> None:
    generator.write(tmp_path / "in")
    file = min((tmp_path / "in").rglob("covid19-*.csv"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "covid.csv").write_text("of before")
    ran = subprocess.run(
        [sys.executable, "-c", REPLACED_BETWEEN, str(file), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, **environment()},
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"{file} changed while it was read: run it again" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [(path.name, path.read_text()) for path in (tmp_path / "out").iterdir()] == [
        ("covid.csv", "of before")
    ]
