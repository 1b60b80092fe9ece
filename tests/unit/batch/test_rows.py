"""Rows of a folder are loaded whole, once each, or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_batch.marker import COMMITTED
from covid_batch.stores import rows
from covid_batch.stores.errors import Unusable
from covid_core.settings import S3Settings


def part(path: Path, *regions: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"source": "phac", "region": region, "date": dt.date(2020, 3, 1)} for region in regions]
    pq.write_table(pa.Table.from_pylist(lines, schema=rows.METRICS), path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    part(tmp_path / "rows" / "part-0.parquet", "CA-QC", "CA-ON")
    (tmp_path / "rows" / COMMITTED).touch()
    return tmp_path / "rows"


def read(folder: Path) -> list[str]:
    return list(rows.read(str(folder), S3Settings())["region"].to_pylist())


def test_all_rows_of_a_whole_folder_by_key(folder: Path) -> None:
    part(folder / "part-1.parquet", "CA-AB")
    assert read(folder) == ["CA-AB", "CA-ON", "CA-QC"]


def test_what_a_killed_job_left_deeper_is_not_read(folder: Path) -> None:
    part(folder / "_temporary" / "0" / "part-1.parquet", "CA-AB")
    part(folder / "rows.0f.unfinished" / "part-1.parquet", "CA-BC")
    assert read(folder) == ["CA-ON", "CA-QC"]


def test_half_a_folder_is_a_sentence(folder: Path) -> None:
    (folder / COMMITTED).unlink()
    with pytest.raises(Unusable, match=r"/rows is not whole: it has no _SUCCESS, .*: run that job again"):
        read(folder)


def test_a_folder_of_several_jobs_rows_is_a_sentence(folder: Path) -> None:
    with pytest.raises(Unusable, match="no Parquet files in"):
        read(folder.parent)


def test_a_key_that_comes_twice_is_a_sentence(folder: Path) -> None:
    part(folder / "part-1.parquet", "CA-ON")
    with pytest.raises(Unusable, match="/rows has phac CA-ON 2020-03-01 more than once: make the rows again"):
        read(folder)
