"""Outputs that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame, SparkSession


def parquet(frame: DataFrame, path: str) -> None:
    """A folder of Parquet files. What was at the path is replaced."""
    _replace(frame.sparkSession, path, frame.write.parquet)


def csv(frame: DataFrame, path: str) -> None:
    """One CSV file with a header; absent values are empty. What was at the path is replaced."""

    def write(place: str) -> None:
        folder = f"{place}.parts"
        frame.coalesce(1).write.option("header", "true").option("emptyValue", "").csv(folder)
        files = _Files(frame.sparkSession, folder)
        (part,) = files.fs.globStatus(files.path(f"{folder}/part-*"))
        files.rename(part.getPath().toString(), place)
        files.delete(folder)

    _replace(frame.sparkSession, path, write)


def _replace(spark: SparkSession, path: str, write: Callable[[str], None]) -> None:
    place = f"{path.rstrip('/')}.{uuid.uuid4().hex}.unfinished"
    files = _Files(spark, path)
    try:
        write(place)
        files.delete(path)
        files.rename(place, path)
    except BaseException:
        files.delete(place)
        files.delete(f"{place}.parts")
        raise


class _Files:
    """Hadoop's file system of a path: local, hdfs:// and s3a:// alike."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        # Spark has no Python API for files; these two attributes of its context are long-lived.
        self._jvm: Any = spark.sparkContext._jvm
        self.fs: Any = self.path(path).getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())

    def path(self, text: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(text)

    def rename(self, source: str, target: str) -> None:
        if not self.fs.rename(self.path(source), self.path(target)):
            raise OSError(f"{source} could not be renamed to {target}")

    def delete(self, text: str) -> None:
        self.fs.delete(self.path(text), True)
