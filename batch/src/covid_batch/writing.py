"""Outputs that appear whole or not at all: written beside their place, then renamed, all at the end."""

from __future__ import annotations

import uuid
from types import TracebackType
from typing import Any, Self

from pyspark.sql import DataFrame, SparkSession

from covid_batch.marker import COMMITTED


class Outputs:
    """What a job writes. Nothing is in its place before everything is written; see `commit`.

    with Outputs(spark) as outputs:
        outputs.parquet(rows, "s3a://bucket/out/rows")
        outputs.csv(table, "s3a://bucket/out/covid.csv")
    """

    def __init__(self, spark: SparkSession) -> None:
        """Nothing is written yet."""
        self.spark = spark
        self._drafts: dict[str, str] = {}
        self._folders: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            for draft in self._drafts.values():
                files = _Files(self.spark, draft)
                files.delete(draft)
                files.delete(_parts(draft))

    def parquet(self, frame: DataFrame, path: str) -> None:
        """A folder of Parquet files. What is at the path will be replaced."""
        frame.write.parquet(self.folder(path))

    def csv(self, frame: DataFrame, path: str) -> None:
        """One CSV file with a header; absent values are empty. What is at the path will be replaced."""
        draft = self._draft(path)
        frame.coalesce(1).write.option("header", "true").option("emptyValue", "").csv(_parts(draft))
        files = _Files(self.spark, draft)
        files.rename(files.only(f"{_parts(draft)}/part-*"), draft)

    def folder(self, path: str) -> str:
        """Where to write a folder that will be put at the path. What is there will be replaced."""
        self._folders.add(path)
        return self._draft(path)

    def text(self, content: str, path: str) -> None:
        """A small file. What is at the path will be replaced."""
        _Files(self.spark, path).write(self._draft(path), content)

    def commit(self) -> None:
        """Put everything in its place, in the order of writing.

        A file system renames a folder at once. S3 has no such thing: it is copied file by file, and a job
        that is killed meanwhile leaves half of it. So the marker that says that a folder is whole
        (`_SUCCESS`, as Spark's own jobs leave it, and Glue's writer does not) goes first and comes last; and
        nothing new stands beside something old.
        """
        for path in reversed(self._drafts):
            files = _Files(self.spark, path)
            files.delete(f"{path}/{COMMITTED}")
            files.delete(path)
        for path, draft in self._drafts.items():
            self._put(_Files(self.spark, path), draft, path)

    def _put(self, files: _Files, draft: str, path: str) -> None:
        folder = path in self._folders
        if folder:
            files.delete(f"{draft}/{COMMITTED}")
        try:
            files.rename(draft, path)
        except BaseException:
            files.delete(path)
            raise
        if folder:
            files.write(f"{path}/{COMMITTED}", "")

    def _draft(self, path: str) -> str:
        files = _Files(self.spark, path)
        # A job that was killed could not tidy up; two at a time into one place were never going to work.
        for left in files.found(f"{path}.*.unfinished*"):
            files.delete(left)
        draft = self._drafts[path] = f"{path}.{uuid.uuid4().hex}.unfinished"
        return draft


def _parts(draft: str) -> str:
    return f"{draft}.parts"


class _Files:
    """Hadoop's file system of a path: local, hdfs:// and s3a:// alike."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        # Spark has no Python API for files; these two attributes of its context are long-lived.
        self._jvm: Any = spark.sparkContext._jvm
        self._fs: Any = self._path(path).getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())

    def _path(self, text: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(text)

    def found(self, pattern: str) -> list[str]:
        return [status.getPath().toString() for status in self._fs.globStatus(self._path(pattern)) or ()]

    def only(self, pattern: str) -> str:
        (one,) = self.found(pattern)
        return one

    def rename(self, source: str, target: str) -> None:
        if not self._fs.rename(self._path(source), self._path(target)):
            raise OSError(f"{source} could not be renamed to {target}")

    def delete(self, text: str) -> bool:
        """Whether there was something to delete."""
        return bool(self._fs.delete(self._path(text), True))

    def write(self, text: str, content: str) -> None:
        stream = self._fs.create(self._path(text))
        try:
            stream.write(bytearray(content, "utf-8"))
        finally:
            stream.close()
