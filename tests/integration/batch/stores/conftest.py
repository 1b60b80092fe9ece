"""Rows of the newest files of each publisher: the real ones where they are, else generated ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from covid_producer import generator
from tests.integration.batch.stores.work import Given, given


@pytest.fixture(scope="session")
def newest_files(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """PHAC's last daily and weekly file and JHU's final three."""
    folder = tmp_path_factory.mktemp("newest")
    files = folder / "files"
    source = os.environ.get("COVID_DATA_DIR")
    if source:
        files.mkdir()
        names = ("phi/covid19-download_2022-06-05.csv", "phi/covid19-download_2024-09-21.csv")
        for path in [*(Path(source) / name for name in names), *(Path(source) / "jhu").glob("*.csv")]:
            shutil.copy(path, files)
    else:
        generator.write(files)
    return given(files, folder / "rows")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Given:
    """One generated weekly file: some 800 rows and as many of `merged`."""
    folder = tmp_path_factory.mktemp("small")
    _, weekly, *_ = generator.write(folder / "all")
    (folder / "files").mkdir()
    shutil.move(weekly, folder / "files")
    return given(folder / "files", folder / "rows")
