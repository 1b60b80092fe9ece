"""Workers import pyspark as installed, not from Spark's archive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyspark

from covid_stream import session
from covid_stream.daemon import prefer_installed

INSTALLED = str(Path(pyspark.__file__).parent.parent)
ARCHIVES = ["/spark/python/lib/pyspark.zip", "/spark/python/lib/py4j-src.zip", "/spark/jars/spark-core.jar"]


def test_archives_and_their_importers_go_where_pyspark_is_installed() -> None:
    path = ["", *ARCHIVES, INSTALLED]
    importers = dict.fromkeys([*ARCHIVES, INSTALLED])
    prefer_installed(path, importers)
    assert path == ["", INSTALLED]
    assert list(importers) == [INSTALLED]


def test_they_stay_where_pyspark_comes_from_nowhere_else(tmp_path: Path) -> None:
    path = [*ARCHIVES, str(tmp_path)]
    importers = dict.fromkeys(path)
    prefer_installed(path, importers)
    assert path == [*ARCHIVES, str(tmp_path)]
    assert list(importers) == path


def test_this_very_interpreter_still_finds_pyspark() -> None:
    path = list(sys.path)
    prefer_installed(path, {})
    assert INSTALLED in path


def test_the_driver_s_own_worker_does_too() -> None:
    installed = Path(pyspark.__file__).parent
    archives = [str(archive) for archive in (installed / "python" / "lib").glob("*.zip")]
    assert archives
    # As Spark makes it: its archives, then what its own environment says.
    path = os.pathsep.join([*archives, session._WORKERS])
    done = subprocess.run(
        [sys.executable, "-c", "import pyspark; print(pyspark.__file__)"],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == (str(installed / "__init__.py"), "")
