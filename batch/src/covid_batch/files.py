"""Publishers' files, wherever Spark reads from: found, recognised, and grouped as they are parsed."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import pandas as pd
from pyspark.sql import DataFrame, Row, SparkSession

from covid_batch.schema import names
from covid_core import dlq
from covid_core.formats import FormatError, Input, Kind, Unrecognised, newest, recognise
from covid_core.formats.groups import grouped

_FOUND_DDL: Final = (
    "path string, kind string, meaning string, newest date, sha256 string, bytes bigint, "
    "trouble string, ours boolean, letter binary"
)


class NothingToRead(ValueError):
    """Paths under which no usable file of a publisher lies. The text says what to do."""


class Changed(OSError):
    """Files that are no longer what they were when they were found. The text says which and what to do."""


@dataclass(frozen=True)
class File:
    """A recognised file. `path` is as Spark names it, with its scheme."""

    path: str
    kind: Kind
    meaning: str | None
    newest: dt.date | None
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        """Without folders."""
        return PurePosixPath(self.path).name

    @property
    def folder(self) -> str:
        """Files of one folder may belong together."""
        return str(PurePosixPath(self.path).parent)


class Unusable(NamedTuple):
    """A publisher's file that cannot be used: why, and its dead letter as JSON."""

    trouble: str
    letter: bytes


@dataclass(frozen=True)
class Found:
    """Files in the groups in which they are parsed; and those of a publisher that cannot be used."""

    groups: Sequence[tuple[File, ...]]
    unusable: Sequence[Unusable]


def contents(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """Every CSV file under the paths as one row of `path` and `content`; a file may have 2 GB at most."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    return reader.option("pathGlobFilter", "*.csv").load(list(paths)).select("path", "content")


def find(spark: SparkSession, paths: Sequence[str]) -> Found:
    """Recognise what lies under the paths, on the executors. Raises `NothingToRead`."""
    files = contents(spark, paths)
    rows = files.mapInPandas(_described, _FOUND_DDL).collect()
    rows += _empty(files, {_place(row.path) for row in rows})
    return _told_apart(rows, f"under {', '.join(paths)}")


def find_among(files: DataFrame, where: str) -> Found:
    """Recognise files that are at hand (`path`, `content`), on the executors; `where` from, in words.

    Raises `NothingToRead`.
    """
    return _told_apart(files.mapInPandas(_described, _FOUND_DDL).collect(), where)


def _told_apart(rows: Sequence[Row], where: str) -> Found:
    usable = [
        File(row.path, Kind(row.kind), row.meaning, row.newest, row.sha256, row.bytes)
        for row in sorted(rows, key=lambda row: str(row.path))
        if row.trouble is None
    ]
    unusable = sorted(
        Unusable(row.trouble, bytes(row.letter)) for row in rows if row.ours and row.trouble is not None
    )
    if not usable:
        why = f" ({unusable[0].trouble})" if unusable else ""
        raise NothingToRead(f"no usable file of PHAC or JHU {where}{why}: name a folder that has some")
    return Found(grouped(usable), unusable)


def _empty(files: DataFrame, seen: Set[str]) -> list[Row]:
    """Spark lists files of no bytes and never reads them; they are described like the others."""
    listed = (unquote(file) for file in files.inputFiles())
    described = Row(*names(_FOUND_DDL))
    return [described(*_describe(file, b"")) for file in listed if _place(file) not in seen]


def _place(path: str) -> str:
    """A path without its scheme and host: Spark writes `file:/a` and `file:///a`."""
    return re.sub(r"^[A-Za-z0-9]+:(//[^/]*)?", "", path)


def _described(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for frame in frames:
        described = [
            _describe(path, content) for path, content in zip(frame.path, frame.content, strict=True)
        ]
        yield pd.DataFrame(described, columns=names(_FOUND_DDL), dtype=object)


def _describe(path: str, content: bytes) -> tuple[Any, ...]:
    name = PurePosixPath(path).name
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        told = recognise(Input(name, BytesIO(content)))
        last = newest(told.kind, Input(name, BytesIO(content)))
    except Unrecognised as error:
        return path, None, None, None, sha256, len(content), str(error), False, None
    except FormatError as error:
        letter = dlq.encode(error.letter(sha256, content, len(content)))
        return path, None, None, None, sha256, len(content), str(error), True, letter
    return path, str(told.kind), told.meaning, last, sha256, len(content), None, True, None
