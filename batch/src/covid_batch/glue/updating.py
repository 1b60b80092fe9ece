"""What Glue's job does between reading a catalog and writing: every row, up to date with what is new."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame

from covid_batch.files import NothingToRead, find_among
from covid_batch.glue.contents import contents
from covid_batch.glue.tables import Tables
from covid_batch.reading import read_among


@dataclass(frozen=True)
class Result:
    """What was done: files that were new, what of them was refused, and how many rows there are now."""

    files: int
    rows: int
    unusable: Sequence[str]
    """Files of a publisher that could not be used, and why."""
    refused: int
    """Lines, cells and files that were refused while the rest went on."""
    refusals: Sequence[str]
    """The first of them."""
    seconds: float


def update(
    tables: Tables, lines: Sequence[DataFrame], countries: frozenset[str] | None, tell: Callable[[str], None]
) -> Result:
    """Bring the tables up to date. `lines`: of each table that has new ones, as `contents` takes them.

    Raises `NothingToRead` where there is nothing new and never was, `Unusable` where the tables were made for
    others (see `Tables.prepare`), and what Spark raises.
    """
    begun = time.monotonic()
    tables.prepare(countries)
    if not lines:
        rows = tables.rows().count()
        if not rows:
            raise NothingToRead("the crawled tables are empty: `covid batch glue crawl` fills them")
        return Result(0, rows, [], 0, [], time.monotonic() - begun)
    files = contents(lines[0])
    for others in lines[1:]:
        files = files.union(contents(others))
    files = files.persist(StorageLevel.DISK_ONLY)
    tell("recognising the files")
    found = find_among(files, "in the crawled tables")
    count = sum(map(len, found.groups))
    tell(f"reading {count} files")
    reading = read_among(files, found.groups, countries)
    tell("computing every row of their regions")
    tables.update(reading.records.select("region", "value"))
    return Result(
        files=count,
        rows=tables.rows().count(),
        unusable=[one.trouble for one in found.unusable],
        refused=reading.refusals.count(),
        refusals=reading.shown(),
        seconds=time.monotonic() - begun,
    )
