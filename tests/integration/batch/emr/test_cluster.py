"""`covid batch emr`: the scripts of cloud/emr on S3, HDFS and a cluster here; and workers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from covid_producer import generator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

WORKER = "org.apache.spark.deploy.worker.Worker"
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented epidemic, and a PHAC file whose schema has changed."""
    folder = tmp_path_factory.mktemp("data")
    generator.write(folder)
    changed = "pruid,prname,date,numdeaths,numcases\n35,Ontario,2021-04-01,7000,350000\n"
    (folder / "covid19-download_2021-04-01.csv").write_text(changed)
    return folder


@contextmanager
def command(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "covid_cli", "batch", "emr", *map(str, arguments)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()  # it stops what it started
            process.wait(60)


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("out")
    with command(data, "--out", out) as process:
        stdout, stderr = process.communicate(timeout=560)
    assert process.returncode == 3, stdout + stderr
    assert "covid19-download_2021-04-01.csv" in stderr
    assert "lacks numtotal" in stderr
    return out, stdout


@pytest.mark.parametrize("source", ["from-s3", "from-hdfs"])
def test_every_row_is_equal_to_the_oracle(done: tuple[Path, str], source: str) -> None:
    out, said = done
    rows = pq.read_table(out / source / "rows").num_rows
    assert rows > 1_000
    assert said.count(f"{rows:,} rows equal to the oracle") == 2
    assert (out / source / "rows" / "_SUCCESS").exists()


def test_s3_and_hdfs_give_the_same_table(done: tuple[Path, str]) -> None:
    tables = [(done[0] / source / "covid.csv").read_bytes() for source in ("from-s3", "from-hdfs")]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 100_000


def test_what_was_run_is_said(done: tuple[Path, str]) -> None:
    out, said = done
    assert "bootstrap.sh, on each of 3 nodes: 6 files of data" in said
    assert "is in hdfs:///covid/data" in said
    assert "5 files in" in said
    assert str(out / "from-s3" / "covid.csv") in said


def test_workers_that_die_end_the_job_with_a_sentence_and_leave_nothing(data: Path, tmp_path: Path) -> None:
    with command(data, "--out", tmp_path / "out") as process:
        # One dies while it computes: the job goes on without it.
        executors = _executors(process)
        workers = _descendants(process.pid, WORKER)
        assert len(workers) == 2
        _kill(executors[0].parent())
        time.sleep(1)
        assert process.poll() is None
        for worker in workers:
            _kill(worker)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 1, stdout + stderr
    assert "covid: every worker has died, and nothing was written" in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "out").exists()


def _descendants(pid: int, main: str) -> list[psutil.Process]:
    found = []
    for one in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            if main in one.cmdline():
                found.append(one)
    return found


def _executors(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Those of both workers, once they run."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        found = _descendants(process.pid, EXECUTOR)
        if len(found) == 2:
            return found
        time.sleep(0.2)
    raise AssertionError("two executors never ran at the same time")


def _kill(process: psutil.Process | None) -> None:
    """With all it started; a worker's end alone would leave its executor running for a while."""
    if process is not None:
        with suppress(psutil.Error):
            for one in [*process.children(recursive=True), process]:
                with suppress(psutil.Error):
                    os.kill(one.pid, signal.SIGKILL)
