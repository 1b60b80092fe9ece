"""What `crawl` puts into a catalog, Glue's source reads out of it: types, choices, partitions, new files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from covid_batch.glue.catalog import Catalog, client, sources
from covid_batch.glue.crawling import crawl
from covid_batch.stores.bucket import Bucket
from covid_cli.batch.glue.runtime.bookmarks import Bookmarks
from covid_cli.batch.glue.runtime.frames import Frame
from covid_cli.batch.glue.runtime.source import Source
from covid_core.settings import GlueSettings, S3Settings

HEADER = "pruid,prname,date,numdeaths,numtotal,numtested"
LINE = "35,Ontario,2020-03-01,0,12,\n"
DATABASE = "covid_batch"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """moto in this process, with a bucket; S3's client."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with mock_aws():
        s3 = boto3.client("s3", region_name="ca-central-1")
        where: Any = {"LocationConstraint": "ca-central-1"}
        s3.create_bucket(Bucket=S3Settings().bucket, CreateBucketConfiguration=where)
        yield s3


def read(s3: Any) -> dict[str, Frame]:
    """A run of the job, as far as its sources; it commits."""
    glue = client(GlueSettings())
    bookmarks = Bookmarks(glue)
    bookmarks.init("job", None, {"job_bookmark_option": "job-bookmark-enable"})
    spark: Any = None
    found = {
        name: Source(spark, glue, s3, bookmarks, DATABASE, name, name).getDynamicFrame()
        for name in sources(glue, DATABASE)
    }
    bookmarks.commit()
    return found


def put(folder: Path) -> int:
    return crawl(
        [folder], Bucket(S3Settings()), Catalog(client(GlueSettings()), DATABASE), lambda said: None
    ).put


def test_the_lines_of_new_files_come_with_the_types_that_a_crawler_saw(aws: Any, tmp_path: Path) -> None:
    folder = tmp_path / "phi"
    folder.mkdir()
    (folder / "one.csv").write_text(f"{HEADER}\n{LINE * 1_000}35,Ontario,2020-03-02,-,13,7\n")
    assert put(folder) == 1
    ((name, frame),) = read(aws).items()
    assert name.startswith("phac_daily_6_")
    columns = frame._columns
    assert columns["pruid"][0] == 35
    # A suppressed count beyond what a crawler looks at, and a column that was blank as far as it looks.
    assert columns["numdeaths"][-2:] == [0, "-"]
    assert columns["numtested"][-2:] == ["", "7"]
    assert set(zip(columns["folder"], columns["file"], strict=True)) == {("phi", "one")}
    resolved = frame.resolveChoice([], "cast:string")
    assert resolved._columns["numdeaths"][-2:] == ["0", "-"]

    assert put(folder) == 0
    (folder / "two.csv").write_text(f"{HEADER}\n{LINE}")
    (folder / "other.csv").write_text(f"{HEADER},numconf\n35,Ontario,2020-03-01,0,12,,1.5\n")
    assert put(folder) == 2
    again = read(aws)
    assert again[name]._columns["file"] == ["two"]
    (other,) = (frame for table, frame in again.items() if table != name)
    assert other._columns["numconf"] == [1.5]
    assert not any(frame._columns["file"] for frame in read(aws).values())


def test_a_line_that_is_cut_short_has_no_values_beyond(aws: Any, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(f"{HEADER}\n{LINE}35,Ontario,2020-03-02\n")
    put(tmp_path)
    (frame,) = read(aws).values()
    assert frame._columns["numtotal"] == [12, None]
