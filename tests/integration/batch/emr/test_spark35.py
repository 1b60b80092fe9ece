"""The transforms on Spark 3.5, that of EMR 7, in an environment of its own (make spark35)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from covid_cli.batch.compare import against_oracle
from covid_producer import generator

ROOT = Path(__file__).parents[4]
PYTHON = ROOT / ".venv-spark35" / "bin" / "python"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PYTHON.exists(), reason="Spark 3.5 is not there: make spark35"),
]


def test_every_row_is_equal_to_the_oracle(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    generator.write(data)
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "core" / "src"), str(ROOT / "batch" / "src"))),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    environ.pop("PYSPARK_PYTHON", None)
    version = subprocess.check_output([PYTHON, "-c", "import pyspark; print(pyspark.__version__)"], text=True)
    assert version.startswith("3.5.")
    command = [PYTHON, "-m", "covid_batch", "local", str(data), "--out", str(out)]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=250, check=False)
    assert ran.returncode == 0, ran.stderr
    verdict = against_oracle("batch", out / "rows", [data], frozenset({"CA"}))
    assert verdict.different is None
    assert verdict.rows > 1_000
    assert json.loads(ran.stdout)["lines"] > 1_000
