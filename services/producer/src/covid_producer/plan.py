"""What to publish of the files at hand, and in which order."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from covid_core import ledger
from covid_core.formats import FormatError, Input, Kind, Unrecognised, newest, recognise
from covid_core.formats.groups import grouped
from covid_core.ledger import Finished, Ledger, covers
from covid_producer.sources.base import Candidate, Unavailable

_ORDER: Final = (Kind.PHAC_DAILY, Kind.PHAC_WEEKLY, Kind.JHU_SERIES, Kind.JHU_DAILY)
_PUBLISHED: Final = "published already"
_NOT_OURS: Final = "not a publisher's file"


@dataclass(frozen=True)
class Scope:
    """What of a file is wanted. See `Options`."""

    countries: frozenset[str] | None
    reported_at: dt.datetime | None
    force: bool


@dataclass(frozen=True)
class File:
    """A recognised file and the SHA-256 of its content."""

    candidate: Candidate
    sha256: str
    kind: Kind
    meaning: str | None
    """What only the file's name tells: a series' field, a daily report's date."""
    newest: dt.date | None

    @property
    def folder(self) -> str:
        """Files of one folder may belong together."""
        return self.candidate.folder

    @property
    def key(self) -> str:
        """What identifies the file in the list of finished ones."""
        return ledger.key(self.sha256, self.meaning)


@dataclass(frozen=True)
class Batch:
    """Files that are published together: one, or up to three of JHU's time series."""

    kind: Kind
    files: tuple[File, ...]

    @property
    def name(self) -> str:
        """The file's name, or the folder of a group."""
        if len(self.files) == 1:
            return self.files[0].candidate.name
        return f"{self.files[0].candidate.folder} ({', '.join(str(file.meaning) for file in self.files)})"

    @property
    def newest(self) -> dt.date:
        """The newest date in the files."""
        return max((file.newest for file in self.files if file.newest), default=dt.date.min)


@dataclass(frozen=True)
class Skipped:
    """A file that is left alone, and why."""

    name: str
    reason: str

    @property
    def is_publishers(self) -> bool:
        """Whether it is a publisher's file after all."""
        return self.reason != _NOT_OURS


@dataclass(frozen=True)
class Failed:
    """A file that cannot be used. `sha256` is None where it could not even be read."""

    candidate: Candidate
    reason: str
    sha256: str | None = None
    error: FormatError | None = None


@dataclass(frozen=True)
class Plan:
    """Batches in the order in which they are published."""

    batches: Sequence[Batch]
    skipped: Sequence[Skipped]
    failed: Sequence[Failed]


def plan(candidates: Iterable[Candidate], finished: Ledger, scope: Scope, received_at: dt.datetime) -> Plan:
    """Recognise the files and order them: the newest of each kind first, kind by kind, then the older ones.

    So Canada's newest figures are in the stores first, and history fills in behind them.
    """
    files: list[File] = []
    skipped: list[Skipped] = []
    failed: list[Failed] = []
    known: set[str] = set()
    for candidate in candidates:
        sha256 = None
        try:
            sha256 = digest(candidate)
            file = _recognised(candidate, sha256, received_at)
        except Unavailable as error:
            failed.append(Failed(candidate, str(error)))
        except Unrecognised as error:
            if candidate.explicit:
                failed.append(Failed(candidate, error.reason, sha256, error))
            else:
                skipped.append(Skipped(candidate.name, _NOT_OURS))
        except FormatError as error:
            failed.append(Failed(candidate, error.reason, sha256, error))
        else:
            if file.key in known:
                skipped.append(Skipped(candidate.name, "the same as another file"))
            else:
                known.add(file.key)
                files.append(file)
    batches = []
    for group in grouped(files):
        batch = Batch(group[0].kind, group)
        if not scope.force and all(_is_done(finished.get(file.key), scope) for file in batch.files):
            skipped += [Skipped(file.candidate.name, _PUBLISHED) for file in batch.files]
        else:
            batches.append(batch)
    return Plan(_ordered(batches), skipped, failed)


def digest(candidate: Candidate) -> str:
    """SHA-256 of a file's content, in hex. Raises `Unavailable`."""
    with candidate.open() as stream:
        sha256 = hashlib.sha256()
        while chunk := stream.read(1024 * 1024):
            sha256.update(chunk)
        return sha256.hexdigest()


def _recognised(candidate: Candidate, sha256: str, received_at: dt.datetime) -> File:
    with candidate.open() as stream:
        recognised = recognise(Input(candidate.basename, stream))
    with candidate.open() as stream:
        last = newest(recognised.kind, Input(candidate.basename, stream), received_at)
    return File(candidate, sha256, recognised.kind, recognised.meaning, last)


def _is_done(finished: Finished | None, scope: Scope) -> bool:
    return covers(finished, scope.countries, scope.reported_at)


def _ordered(batches: Iterable[Batch]) -> list[Batch]:
    by_kind: dict[Kind, list[Batch]] = {kind: [] for kind in _ORDER}
    for batch in batches:
        by_kind[batch.kind].append(batch)
    for kind in _ORDER:
        by_kind[kind].sort(key=lambda batch: (batch.newest, batch.name), reverse=True)
    first = [batch for kind in _ORDER for batch in by_kind[kind][:1]]
    return first + [batch for kind in _ORDER for batch in by_kind[kind][1:]]
