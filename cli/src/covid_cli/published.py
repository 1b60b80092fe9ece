"""Records out of publishers' files, without a log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def records(paths: Sequence[Path], countries: frozenset[str] | None) -> Iterator[Record]:
    """The records of files and folders, group by group; a file that cannot be used is left out."""
    for group in grouped(_files(paths)):
        streams = [file.path.open("rb") for file in group]
        try:
            sources = [Input(file.path.name, stream) for file, stream in zip(group, streams, strict=True)]
            yield from parse(group[0].kind, sources, countries=countries).records
        except FormatError:
            continue  # whoever needs to know names it: a job, `covid publish`
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
