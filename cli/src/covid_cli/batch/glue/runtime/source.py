"""The lines of a catalog's CSV table: the files of its partitions, by the types that the catalog gives."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from covid_cli.batch.glue.runtime.bookmarks import Bookmarks
from covid_cli.batch.glue.runtime.frames import Frame, Value

_LONG: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DOUBLE: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _string(cell: str) -> Value:
    return cell


def _long(cell: str) -> Value:
    """A number; a blank is none, and anything else stays the text that it is."""
    if not cell:
        return None
    return int(cell) if _LONG.fullmatch(cell) else cell


def _double(cell: str) -> Value:
    if not cell:
        return None
    return float(cell) if _DOUBLE.fullmatch(cell) else cell


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "string": _string,
    "bigint": _long,
    "double": _double,
}


@dataclass(frozen=True)
class Source:
    """A table, and who knows which of its files are new. `glue`, `s3`: clients."""

    spark: SparkSession
    glue: Any
    s3: Any
    bookmarks: Bookmarks
    database: str
    table: str
    context: str

    def getDynamicFrame(self) -> Frame:
        """The lines of the files that are new, with the partition that each comes from."""
        table = self.glue.get_table(DatabaseName=self.database, Name=self.table)["Table"]
        columns = [(one["Name"], _READERS[one["Type"]]) for one in table["StorageDescriptor"]["Columns"]]
        keys = [one["Name"] for one in table["PartitionKeys"]]
        skipped = int(table["Parameters"].get("skip.header.line.count", 0))
        values: dict[str, list[Value]] = {name: [] for name in [*(name for name, _ in columns), *keys]}
        for partition, place in self._new():
            for line in self._lines(place, skipped):
                for number, (name, read) in enumerate(columns):
                    values[name].append(read(line[number].strip()) if number < len(line) else None)
                for name, value in zip(keys, partition, strict=True):
                    values[name].append(value)
        return Frame(self.spark, values)

    def _new(self) -> Iterator[tuple[Sequence[str], str]]:
        found: dict[str, tuple[str, Sequence[str]]] = {}
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=self.table
        )
        for page in pages:
            for one in page["Partitions"]:
                for place, version in self._objects(one["StorageDescriptor"]["Location"]):
                    found[place] = (version, one["Values"])
        versions = {place: version for place, (version, _) in found.items()}
        for place in self.bookmarks.new(self.database, self.context, versions):
            yield found[place][1], place

    def _objects(self, location: str) -> Iterator[tuple[str, str]]:
        where = urlsplit(location)
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=where.netloc, Prefix=where.path.lstrip("/")
        )
        for page in pages:
            for one in page.get("Contents", []):
                yield f"s3://{where.netloc}/{one['Key']}", one["ETag"]

    def _lines(self, place: str, skipped: int) -> Iterator[list[str]]:
        where = urlsplit(place)
        body = self.s3.get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))["Body"].read()
        lines = csv.reader(io.StringIO(body.decode("utf-8", errors="replace"), newline=""))
        for number, line in enumerate(lines):
            if number >= skipped and line:
                yield line
