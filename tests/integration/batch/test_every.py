"""`covid batch run-all`, on the platform that needs nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from covid_producer import generator

pytestmark = pytest.mark.integration


def run_all(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "covid_cli", "batch", "run-all", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=200, check=False)


def test_a_platform_is_a_row_that_says_whether_it_is_equal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    generator.write(data)
    done = run_all(data, "--out", tmp_path / "out", "--only", "local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"│ 1 │ local +│ [\d,]+ +│ [\d.]+ +│ yes +│ nothing +│", done.stdout), done.stdout
    assert (tmp_path / "out" / "local" / "covid.csv").exists()


def test_a_platform_that_fails_is_a_row_and_the_exit_code(tmp_path: Path) -> None:
    done = run_all(tmp_path, "--out", tmp_path / "out", "--only", "local")
    assert done.returncode == 1
    assert re.search(r"│ 1 │ local .*│ no: exit code 1, see above +│", done.stdout), done.stdout + done.stderr


def test_an_unknown_platform_is_a_sentence(tmp_path: Path) -> None:
    done = run_all(tmp_path, "--out", tmp_path / "out", "--only", "local,abacus")
    assert done.returncode == 1
    assert "There is no platform abacus: there are local, emr," in done.stderr
