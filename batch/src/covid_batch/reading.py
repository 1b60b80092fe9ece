"""Records out of publishers' files: the core's parsers, one task a group of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

import pandas as pd
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from covid_batch.files import File, contents
from covid_batch.schema import RECORD_DDL, REFUSAL_DDL, names
from covid_core.formats import FormatError, Input, Kind, parse
from covid_core.records import encode

_RECORD, _REFUSAL = names(RECORD_DDL), names(REFUSAL_DDL)
_NO_RECORD, _NOT_REFUSED = [None] * len(_RECORD), [None] * len(_REFUSAL)


@dataclass(frozen=True)
class Read:
    """What the files say (`RECORD_DDL`), and what of them was refused (`REFUSAL_DDL`)."""

    records: DataFrame
    refusals: DataFrame


def read(
    spark: SparkSession, groups: Sequence[tuple[File, ...]], countries: frozenset[str] | None = None
) -> Read:
    """Parse groups of files. `countries`: codes of those that are wanted, None for all.

    A line, a cell or a whole file that cannot be used is among the refusals; the rest goes on.
    """
    wanted = [(number, file.path, str(file.kind)) for number, group in enumerate(groups) for file in group]
    listed = spark.createDataFrame(wanted, "group int, path string, kind string")
    files = contents(spark, sorted({file.path for group in groups for file in group}))
    parsed = (
        files.join(f.broadcast(listed), "path")
        .groupBy("group")
        .applyInPandas(_parser(countries), f"{RECORD_DDL}, {REFUSAL_DDL}")
        # Read twice, parsed once; on disk, since all countries' history is large.
        .persist(StorageLevel.DISK_ONLY)
    )
    return Read(
        parsed.where("code IS NULL").select(*_RECORD),
        parsed.where("code IS NOT NULL").select(*_REFUSAL),
    )


def _parser(countries: frozenset[str] | None) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def parse_group(frame: pd.DataFrame) -> pd.DataFrame:
        ordered = frame.sort_values("path")
        inputs = [
            Input(PurePosixPath(path).name, BytesIO(content))
            for path, content in zip(ordered.path, ordered.content, strict=True)
        ]
        lines: list[list[object]]
        try:
            parsed = parse(Kind(ordered.kind.iloc[0]), inputs, countries=countries)
        except FormatError as error:
            lines = [_refused(error.file, error.line, error.column, error.code, error.reason)]
        else:
            lines = [[record.region, encode(record), *_NOT_REFUSED] for record in parsed.records]
            lines += [
                _refused(one.file, one.line, one.column, one.code, one.reason) for one in parsed.refusals
            ]
        return pd.DataFrame(lines, columns=[*_RECORD, *_REFUSAL], dtype=object)

    return parse_group


def _refused(file: str, line: int | None, column: str | None, code: str, reason: str) -> list[object]:
    return [*_NO_RECORD, file, line, column, code, reason]
