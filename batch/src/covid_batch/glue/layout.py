"""Where publishers' files lie for Glue's crawlers: a folder a header, and in it a partition a file.

A table of a catalog has one list of columns, and a publisher's header has changed many times; so files with
one header are a table, a new header makes another, and which file a line came from is the partition's to say:

    covid/glue/phac/daily_40_04ff66/folder=phi/file=covid19-download_2021-11-08/covid19-download_2021-11-08.csv
    bucket / ROOT / crawler / table / partition ………………………………………………………………………………

`cloud/glue/template.yaml` has a crawler for each publisher, which makes tables at that level and no other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from covid_core.formats import Kind

ROOT: Final = "covid/glue"
FOLDER, FILE = "folder", "file"
PARTITIONS: Final = (FOLDER, FILE)
"""Keys of the partitions: the folder that a file was found in, and its name without `.csv`."""

_TABLES: Final = {
    Kind.PHAC_DAILY: ("phac", "daily"),
    Kind.PHAC_WEEKLY: ("phac", "weekly"),
    Kind.JHU_SERIES: ("jhu", "series"),
    Kind.JHU_DAILY: ("jhu", "daily"),
}
CRAWLERS: Final = ("phac", "jhu")
_HEX: Final = 6


class Place(NamedTuple):
    """Where a file lies: which crawler sees it, in which table's folder, in which partition, and its name."""

    crawler: str
    table: str
    folder: str
    file: str

    @property
    def root(self) -> str:
        """The key prefix of the table."""
        return f"{ROOT}/{self.crawler}/{self.table}/"

    @property
    def key(self) -> str:
        """The object's key."""
        return f"{self.partition}{self.file}.csv"

    @property
    def partition(self) -> str:
        """The key prefix of the partition."""
        return f"{self.root}{FOLDER}={self.folder}/{FILE}={self.file}/"

    @property
    def name(self) -> str:
        """The table's name in the catalog: crawlers put their prefix before the folder's."""
        return f"{self.crawler}_{self.table}"


def place(kind: Kind, header: Sequence[str], path: PurePosixPath) -> Place:
    """The place of a file of this kind and header, found at a path below the one that was named."""
    crawler, what = _TABLES[kind]
    mark = hashlib.sha256(",".join(header).encode()).hexdigest()[:_HEX]
    return Place(crawler, f"{what}_{len(header)}_{mark}", _plain(str(path.parent)), _plain(path.stem))


def is_source(table: str) -> bool:
    """Whether a table of the catalog is one of a crawler's."""
    return table.startswith(tuple(f"{name}_" for name in CRAWLERS))


def _plain(text: str) -> str:
    """A text as a partition's value that no tool escapes: `vintages/2020-06-01` is `vintages-2020-06-01`."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text)
