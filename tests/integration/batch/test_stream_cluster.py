"""`covid batch stream`: the streaming job by spark-submit on two workers, and the oracle."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from covid_producer import generator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BATCH = re.compile(r"batch (\d+): ([\d,]+) records in ([\d.]+) s")


def covid_stream(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "covid_cli", "batch", "stream", *map(str, arguments)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        stdout, stderr = process.communicate(timeout=240)
    finally:
        process.terminate()  # it stops what it started
        process.wait(30)
    return subprocess.CompletedProcess(argv, process.returncode, stdout, stderr)


def test_records_go_through_two_workers_and_every_row_is_equal_to_the_oracle(tmp_path: Path) -> None:
    weekly = generator.write(tmp_path / "epidemic")[1]
    ran = covid_stream(weekly, "--out", tmp_path / "out", "--home", tmp_path / "home")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = pq.read_table(tmp_path / "out" / "rows").num_rows
    assert rows > 1_000
    assert f"{rows:,} rows equal to the oracle" in ran.stdout
    batches = BATCH.findall(ran.stdout)
    assert [int(number) for number, _, _ in batches] == list(range(len(batches)))
    assert sum(int(records.replace(",", "")) for _, records, _ in batches) > 700
    assert all(float(seconds) > 0 for _, _, seconds in batches)
    # Each worker has kept state, in an executor of the one application.
    for worker in ("worker-1", "worker-2"):
        (told,) = (tmp_path / "home" / "spark" / worker).glob("app-*/*/stderr")
        assert "TransformWithState" in told.read_text()


def test_files_that_are_not_there_are_a_sentence_before_anything_starts(tmp_path: Path) -> None:
    ran = covid_stream(tmp_path / "absent", "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "absent is not there: name files or folders" in ran.stderr
    assert not (tmp_path / "out").exists()
