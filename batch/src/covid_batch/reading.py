"""Records out of publishers' files: the core's parsers, one task a group of files."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, Final

import pandas as pd
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from covid_batch.files import Changed, File, contents
from covid_batch.schema import RECORD_DDL, REFUSAL_DDL, SUMMARY_DDL, names
from covid_core import dlq
from covid_core.formats import FormatError, Input, Kind, parse
from covid_core.formats.model import place
from covid_core.records import encode

_RECORD, _REFUSAL, _SUMMARY = names(RECORD_DDL), names(REFUSAL_DDL), names(SUMMARY_DDL)
_COLUMNS: Final = ["group", *_RECORD, *_REFUSAL, *_SUMMARY]
SHOWN: Final = 20
"""Refusals that are told in words."""

Has = Callable[[str, dt.date], bool]
"""Whether a day of a region is wanted."""


@dataclass(frozen=True)
class Read:
    """What the files say (`RECORD_DDL`), what of them was refused (`REFUSAL_DDL`), and a line a group
    (`SUMMARY_DDL`); each with its `group`, an index. Parsed once; `close` gives the room back."""

    records: DataFrame
    refusals: DataFrame
    summaries: DataFrame
    parsed: DataFrame

    def shown(self) -> list[str]:
        """The first refusals, in words."""
        first = self.refusals.orderBy("file", "line").limit(SHOWN).collect()
        return [f"{place(one.file, one.line, one.column)}: {one.reason}" for one in first]

    def close(self) -> None:
        """Forget what was parsed."""
        self.parsed.unpersist()


def read(
    spark: SparkSession,
    groups: Sequence[tuple[File, ...]],
    countries: frozenset[str] | None = None,
    has: Has = lambda region, date: True,
) -> Read:
    """Parse groups of files where they lie. `countries`: codes of those that are wanted, None for all.

    A line, a cell or a whole file that cannot be used is among the refusals; the rest goes on. Raises
    `Changed` where a file is another than when it was found, and what Spark raises.
    """
    files = contents(spark, sorted({file.path for group in groups for file in group}))
    return read_among(files, groups, countries, has)


def read_among(
    files: DataFrame,
    groups: Sequence[tuple[File, ...]],
    countries: frozenset[str] | None = None,
    has: Has = lambda region, date: True,
) -> Read:
    """`read`, of files that are at hand (`path`, `content`)."""
    wanted = [
        (number, file.path, str(file.kind), file.sha256)
        for number, group in enumerate(groups)
        for file in group
    ]
    listed = files.sparkSession.createDataFrame(wanted, "group int, path string, kind string, sha256 string")
    # By content, too: two tables of a catalog may each have a file of the same folder and name.
    same = (files.path == listed.path) & (f.sha2(files.content, 256) == listed.sha256)
    parsed = (
        files.join(f.broadcast(listed), same)
        .select(files.path, "content", "group", "kind")
        .groupBy("group")
        .applyInPandas(parser(countries, has), f"group int, {RECORD_DDL}, {REFUSAL_DDL}, {SUMMARY_DDL}")
        # Read several times, parsed once; on disk, since all countries' history is large.
        .persist(StorageLevel.DISK_ONLY)
    )
    reading = Read(
        parsed.where("region IS NOT NULL").select("group", *_RECORD),
        parsed.where("code IS NOT NULL").select("group", *_REFUSAL),
        parsed.where("refused IS NOT NULL").select("group", *_SUMMARY),
        parsed,
    )
    try:
        # A file that was replaced meanwhile joins nothing, and its rows would be missing without a word.
        require_met(groups, {row["group"]: json.loads(row.met) for row in reading.summaries.collect()})
    except BaseException:
        reading.close()
        raise
    return reading


def require_met(groups: Sequence[tuple[File, ...]], met: Mapping[int, Sequence[str]]) -> None:
    """Raise `Changed` unless every file of every group was read. `met`: paths by number of the group."""
    changed = [
        path
        for number, group in enumerate(groups)
        for path in Counter(file.path for file in group) - Counter(met.get(number, ()))
    ]
    if changed:
        others = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
        raise Changed(f"{changed[0]}{others} changed while it was read: run it again")


def parser(countries: frozenset[str] | None, has: Has) -> Callable[[tuple[int], pd.DataFrame], pd.DataFrame]:
    """What parses a group: its files (`path`, `content`, `kind`) to records, refusals and a summary."""

    def parse_group(key: tuple[int], frame: pd.DataFrame) -> pd.DataFrame:
        ordered = frame.sort_values("path")
        content = {
            PurePosixPath(path).name: bytes(data)
            for path, data in zip(ordered.path, ordered.content, strict=True)
        }
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
        inputs = [Input(name, BytesIO(data)) for name, data in content.items()]
        met = {"met": json.dumps(list(ordered.path))}
        lines: list[dict[str, Any]]
        try:
            parsed = parse(Kind(ordered.kind.iloc[0]), inputs, countries=countries)
        except FormatError as error:
            data = content[error.file]
            letter = error.letter(hashes[error.file], data, len(data))
            lines = [{**_place_of(error), "letter": dlq.encode(letter)}, {"refused": 1, **met}]
        else:
            records = [record for record in parsed.records if has(record.region, record.date)]
            lines = [{"region": record.region, "value": encode(record)} for record in records]
            lines += [
                {**_place_of(one), "letter": dlq.encode(one.letter(hashes[one.file]))}
                for one in parsed.refusals
            ]
            summary = {"read": len(records), "refused": len(parsed.refusals), **met}
            stamp = parsed.reported_at
            lines.append(summary | {"reported_at": stamp and stamp.isoformat()})
        made = pd.DataFrame(lines, columns=_COLUMNS, dtype=object)
        made["group"] = key[0]
        return made.astype(object).where(made.notna(), None)

    return parse_group


def _place_of(refusal: Any) -> dict[str, Any]:
    return {name: getattr(refusal, name) for name in ("file", "line", "column", "code", "reason")}
