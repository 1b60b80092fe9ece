"""What parsing a publisher's file gives: records, and refusals that say where and why."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import BinaryIO, Final, NamedTuple

import msgspec

from covid_core import dlq
from covid_core.dlq import MAX_RAW
from covid_core.records import Record

RAW_BUDGET: Final = 16 * 1024 * 1024
"""Refused bytes kept of one parse; past it a refusal still has its length and SHA-256."""


class Kind(StrEnum):
    """The kinds of files the two publishers put out."""

    PHAC_DAILY = "phac-daily"
    PHAC_WEEKLY = "phac-weekly"
    JHU_SERIES = "jhu-series"
    JHU_DAILY = "jhu-daily"

    @property
    def source(self) -> str:
        """The `source` of the records in files of this kind."""
        return _SOURCE[self]


_SOURCE: Final = {
    Kind.PHAC_DAILY: "phac",
    Kind.PHAC_WEEKLY: "phac-weekly",
    Kind.JHU_SERIES: "jhu",
    Kind.JHU_DAILY: "jhu",
}


class Input(NamedTuple):
    """A file to parse: its name (without folders) and its bytes, from the first on."""

    name: str
    stream: BinaryIO


class FormatError(ValueError):
    """A file that cannot be used at all. Its text names file, line and column and says what to do."""

    def __init__(
        self, code: str, reason: str, *, file: str, line: int | None = None, column: str | None = None
    ) -> None:
        super().__init__(f"{place(file, line, column)}: {reason}")
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column

    def letter(self, sha256: str, start: bytes, length: int) -> dlq.DeadLetter:
        """The dead letter of the file, of its hash, start and length; the reason names the place."""
        return dlq.DeadLetter(
            code=self.code,
            reason=str(self),
            origin=dlq.FileOrigin(self.file, sha256, self.line, self.column),
            raw=start[:MAX_RAW],
            length=length,
            sha256=sha256,
        )


class Unrecognised(FormatError):
    """A file that is none of the publishers'."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A line, cell or sum that was refused while the rest of the file went on.

    `raw` is the start of what had `length` bytes and `sha256`: a line, or the one cell at fault where a
    line holds many days.
    """

    file: str
    line: int | None
    column: str | None
    code: str
    reason: str
    raw: bytes
    length: int
    sha256: str

    def __str__(self) -> str:
        return f"{place(self.file, self.line, self.column)}: {self.reason}"

    def letter(self, sha256: str) -> dlq.DeadLetter:
        """The dead letter; `sha256`: the file's."""
        return dlq.DeadLetter(
            code=self.code,
            reason=str(self),
            origin=dlq.FileOrigin(self.file, sha256, self.line, self.column),
            raw=self.raw,
            length=self.length,
            sha256=self.sha256,
        )


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a file, or of the files of one group, sorted by date and then region.

    `newest` (of every region, wanted or not) and `reported_at` are null where every line was refused.
    """

    kind: Kind
    source: str
    files: tuple[str, ...]
    records: Sequence[Record]
    refusals: Sequence[Refusal]
    newest: dt.date | None
    reported_at: dt.datetime | None


class Raw(NamedTuple):
    """Bytes as a refusal keeps them: the start, the length and the hash of all."""

    start: bytes
    length: int
    sha256: str


def raw(data: bytes) -> Raw:
    """The refusal's form of bytes that are at hand."""
    return Raw(data[:MAX_RAW], len(data), hashlib.sha256(data).hexdigest())


class Refusals:
    """Collects the refusals of one parse and keeps their bytes within `RAW_BUDGET`."""

    def __init__(self) -> None:
        self.items: list[Refusal] = []
        self._left = RAW_BUDGET

    def add(
        self, *, file: str, line: int | None, column: str | None, code: str, reason: str, refused: Raw
    ) -> None:
        """Note one refusal."""
        kept = refused.start[: self._left]
        self._left -= len(kept)
        self.items.append(
            Refusal(
                file=file,
                line=line,
                column=column,
                code=code,
                reason=reason,
                raw=kept,
                length=refused.length,
                sha256=refused.sha256,
            )
        )


def place(file: str, line: int | None, column: str | None) -> str:
    """`file, line 3, column numtotal` as far as known."""
    text = file
    if line is not None:
        text += f", line {line}"
    if column is not None:
        text += f", column {column}"
    return text


def end_of(day: dt.date) -> dt.datetime:
    """23:59:59 UTC of a day: when a file whose newest date it is counts as reported."""
    return dt.datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=dt.UTC)
