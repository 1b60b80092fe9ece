"""Workers import pyspark as installed, not from Spark's archive."""

from __future__ import annotations

import sys
from pathlib import Path

import pyspark

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
