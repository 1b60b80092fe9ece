"""What a batch job over publishers' files must give: the files' records through the SQL oracle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from covid_cli.verify.oracle import LOG_SCHEMA, Entry, compute_expected, log_batch
from covid_core.formats import FormatError, Input, Kind, newest, parse, recognise
from covid_core.formats.groups import grouped
from covid_core.records import Record


@dataclass(frozen=True)
class _File:
    path: Path
    kind: Kind
    meaning: str | None
    newest: dt.date | None

    @property
    def folder(self) -> str:
        return str(self.path.parent)


def expect(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], countries: frozenset[str] | None
) -> int:
    """Fill the table `expected` from files and folders; returns its rows."""
    entries = (Entry(0, number, 0, record) for number, record in enumerate(records(paths, countries)))
    return compute_expected(connection, pa.Table.from_batches([log_batch(entries)], schema=LOG_SCHEMA))


def records(paths: Sequence[Path], countries: frozenset[str] | None) -> Iterator[Record]:
    """The records of files and folders, group by group; a file that cannot be used is left out."""
    for group in grouped(_files(paths)):
        streams = [file.path.open("rb") for file in group]
        try:
            sources = [Input(file.path.name, stream) for file, stream in zip(group, streams, strict=True)]
            yield from parse(group[0].kind, sources, countries=countries).records
        except FormatError:
            continue  # the job names it
        finally:
            for stream in streams:
                stream.close()


def _files(paths: Sequence[Path]) -> Iterator[_File]:
    given = (([path] if path.is_file() else path.rglob("*.csv")) for path in paths)
    for path in sorted({file for some in given for file in some}):
        try:
            with path.open("rb") as stream:
                told = recognise(Input(path.name, stream))
            with path.open("rb") as stream:
                last = newest(told.kind, Input(path.name, stream))
        except FormatError:
            continue
        yield _File(path, told.kind, told.meaning, last)
