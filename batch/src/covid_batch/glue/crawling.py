"""Publishers' files to the places that crawlers look at, and the tables that they would make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from covid_batch.glue.catalog import Catalog
from covid_batch.glue.inference import Column, columns, widest
from covid_batch.glue.layout import Place, place
from covid_batch.stores.bucket import Bucket
from covid_batch.stores.errors import Unusable
from covid_core.formats import FormatError, Input, Unrecognised, recognise
from covid_core.formats.model import Refusals
from covid_core.formats.sheet import Sheet

_ENDS: Final = "*.csv"


@dataclass
class Table:
    """A table of the catalog: its columns, and the places of its files."""

    columns: list[Column]
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True)
class Crawled:
    """Tables by name, files that were put because they were not there, and publishers' files left out."""

    tables: dict[str, Table]
    put: int
    refused: Sequence[str]


def crawl(paths: Sequence[Path], bucket: Bucket, catalog: Catalog, tell: Callable[[str], None]) -> Crawled:
    """Put files and tables. Files of nobody we know are left out in silence, as every job does.

    Raises `Unusable` where no file can be used, and what the bucket and the catalog raise.
    """
    files: dict[str, tuple[Place, Path]] = {}
    tables: dict[str, Table] = {}
    refused: list[str] = []
    for below, path in _files(paths):
        content = path.read_bytes()
        try:
            at, header = _placed(below, content)
        except Unrecognised:
            continue
        except FormatError as error:
            refused.append(str(error))
            continue
        if at.key in files:
            raise Unusable(f"{path} and {files[at.key][1]} would be one object: rename a file or its folder")
        files[at.key] = (at, path)
        found = columns(header, content)
        table = tables.setdefault(at.name, Table(found))
        table.columns = widest(table.columns, found)
        table.places.append(at)
    if not files:
        why = f" ({refused[0]})" if refused else ""
        where = ", ".join(map(str, paths))
        raise Unusable(f"no usable file of PHAC or JHU under {where}{why}: name a folder that has some")
    tell(f"putting {len(files)} files")
    put = sum(bucket.put_once(key, path.read_bytes()) for key, (_, path) in files.items())
    tell(f"putting {len(tables)} tables")
    for name, table in tables.items():
        _put(bucket, catalog, name, table)
    return Crawled(tables, put, refused)


def _files(paths: Sequence[Path]) -> Iterator[tuple[PurePosixPath, Path]]:
    for path in paths:
        if not path.exists():
            raise Unusable(f"{path} is not there: name files or folders of PHAC's and JHU's files")
        for file in [path] if path.is_file() else sorted(path.rglob(_ENDS)):
            # With the folder that was named: files of one folder may belong together.
            start = path.parent.parent if path.is_file() else path.parent
            yield PurePosixPath(file.relative_to(start).as_posix()), file


def _placed(below: PurePosixPath, content: bytes) -> tuple[Place, list[str]]:
    kind = recognise(Input(below.name, BytesIO(content))).kind
    header = Sheet(Input(below.name, BytesIO(content)), Refusals()).header
    return place(kind, header, below), header


def _put(bucket: Bucket, catalog: Catalog, name: str, table: Table) -> None:
    before = catalog.columns(name)
    if before is not None:
        table.columns = widest(before, table.columns)
    catalog.put(name, bucket.url(table.places[0].root), table.columns)
    partitions = [((at.folder, at.file), bucket.url(at.partition)) for at in table.places]
    catalog.put_partitions(name, table.columns, partitions)
