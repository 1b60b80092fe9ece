"""The whole system, started once for all tests of this folder.

To use a stack that already runs (quicker while writing tests), set COVID_TEST_HOME to its home.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_producer import generator
from tests.e2e.system import System


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publishers' files, or generated ones."""
    given = os.environ.get("COVID_DATA_DIR")
    if given:
        return Path(given).absolute()
    folder = tmp_path_factory.mktemp("data")
    generator.write(folder)
    return folder


@pytest.fixture(scope="package")
def system(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A stack with these files published."""
    if home := os.environ.get("COVID_TEST_HOME"):
        yield System.running(Path(home))
        return
    running = System(tmp_path_factory.mktemp("home"), data)
    try:
        running.up()
        yield running
    finally:
        running.covid("down")
