"""A folder of outputs is marked as whole, whoever wrote its files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import pytest
from pyspark.sql import SparkSession

from covid_batch import writing
from covid_batch.marker import COMMITTED
from covid_batch.writing import Outputs


class Files:
    """A file system, as far as outputs need one, without Hadoop."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        pass

    def found(self, pattern: str) -> list[str]:
        return [str(path) for path in Path(pattern).parent.glob(Path(pattern).name)]

    def rename(self, source: str, target: str) -> None:
        Path(source).rename(target)

    def delete(self, text: str) -> bool:
        path = Path(text)
        there = path.exists()
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        return there

    def write(self, text: str, content: str) -> None:
        Path(text).write_text(content)


@pytest.mark.parametrize("marked", [True, False])
def test_a_folder_has_the_marker_whether_its_writer_left_one_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    monkeypatch.setattr(writing, "_Files", Files)
    with Outputs(cast(SparkSession, None)) as outputs:
        draft = Path(outputs.folder(str(tmp_path / "rows")))
        draft.mkdir()
        (draft / "run-1-part-0.parquet").touch()
        if marked:
            (draft / COMMITTED).touch()
        outputs.text("{}", str(tmp_path / "result.json"))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")} == {
        "rows",
        "rows/run-1-part-0.parquet",
        f"rows/{COMMITTED}",
        "result.json",
    }
