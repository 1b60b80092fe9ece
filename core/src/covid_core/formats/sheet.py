"""Reading a CSV file of a publisher line by line within bounds: header by name, rows with line numbers."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from covid_core.dlq import MAX_RAW
from covid_core.formats.model import FormatError, Input, Raw, Refusals, raw

MAX_LINE: Final = 1024 * 1024
"""Longest line in bytes. The publishers' longest (JHU, 1,147 columns) has 12,000."""

MAX_LINES: Final = 200_000
"""Most lines of a file. The publishers' longest has 12,270."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of a file, lines that are too long not counted. The publishers' largest has 2.6 million."""

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_HINT: Final = "save the file as UTF-8 (it may be in a Windows code page)"


class Row(NamedTuple):
    """One line: its number (the header is 1), its cells without surrounding blanks, its bytes.

    A row that is not `whole` has been refused already; its cells are as many as could be told apart, the
    last one perhaps cut.
    """

    line: int
    cells: list[str]
    raw: bytes
    whole: bool


class _Long(NamedTuple):
    refused: Raw


class Sheet:
    """The header and the rows of one file. Refuses lines that are too long, not UTF-8 or of a wrong width."""

    def __init__(self, source: Input, refusals: Refusals) -> None:
        """Read the header. Raises `FormatError`."""
        self.name = source.name
        self._refusals = refusals
        self._lines = _lines(source.stream)
        self.is_empty = True
        """Whether no line below the header has been read yet."""
        self.header = self._read_header()
        self.columns = {name: index for index, name in enumerate(self.header) if name}
        named = [name for name in self.header if name]
        if len(named) != len(self.columns):
            twice = next(name for name in named if named.count(name) > 1)
            raise FormatError("bad_header", "the column stands twice", file=self.name, line=1, column=twice)

    def rows(self) -> Iterator[Row]:
        """The rows below the header, no blank ones. Raises `FormatError` past `MAX_LINES` and `MAX_BYTES`."""
        width = len(self.header)
        read = 0
        for number, line in self._lines:
            read += len(line) if isinstance(line, bytes) else MAX_RAW
            if number > MAX_LINES or read > MAX_BYTES:
                raise FormatError(
                    "too_large",
                    f"over {MAX_LINES:,} lines or {MAX_BYTES:,} bytes: no publisher's file is that large",
                    file=self.name,
                    line=number,
                )
            if isinstance(line, _Long):
                self.is_empty = False
                self.refuse(
                    number,
                    None,
                    "line_too_long",
                    f"the line has {line.refused.length:,} bytes; at most {MAX_LINE:,} are read",
                    line.refused,
                )
                yield Row(number, [], line.refused.start, False)
                continue
            if not line.strip():
                continue
            self.is_empty = False
            yield self._row(number, line, width)

    def refuse(self, line: int, column: str | None, code: str, reason: str, refused: Raw) -> None:
        """Note that a line, or a cell of it, is refused."""
        self._refusals.add(
            file=self.name, line=line, column=column, code=code, reason=reason, refused=refused
        )

    def _row(self, number: int, line: bytes, width: int) -> Row:
        try:
            cells = split(line.decode())
        except UnicodeDecodeError as error:
            cells = line.decode(errors="replace").split(",")
            self._refuse_encoding(number, line, error)
        except csv.Error as error:
            cells = line.decode(errors="replace").split(",")
            self.refuse(number, None, "bad_csv", f"not CSV: {error}", raw(line))
        else:
            if len(cells) == width:
                return Row(number, cells, line, True)
            self.refuse(
                number,
                self.header[len(cells)] if len(cells) < width else None,
                "wrong_width",
                f"the line has {len(cells)} cells where the header has {width}; it may be cut",
                raw(line),
            )
        return Row(number, cells, line, False)

    def _read_header(self) -> list[str]:
        number, line = next(self._lines, (1, b""))
        if isinstance(line, _Long):
            reason = f"the first line has more than {MAX_LINE:,} bytes, so it is no header"
            raise FormatError("line_too_long", reason, file=self.name, line=number)
        if line.startswith(_UTF16):
            raise FormatError("bad_encoding", "UTF-16; save the file as UTF-8", file=self.name, line=number)
        try:
            header = split(line.removeprefix(_BOM).decode())
        except UnicodeDecodeError as error:
            reason = f"byte 0x{line[error.start]:02X} at {error.start + 1} is not UTF-8; {_UTF8_HINT}"
            raise FormatError("bad_encoding", reason, file=self.name, line=number) from None
        except csv.Error as error:
            raise FormatError("bad_header", f"not CSV: {error}", file=self.name, line=number) from None
        if not any(header):
            raise FormatError("empty", "the file is empty", file=self.name)
        return header

    def _refuse_encoding(self, number: int, line: bytes, error: UnicodeDecodeError) -> None:
        index = line[: error.start].count(b",")
        column = self.header[index] if index < len(self.header) else None
        reason = f"byte 0x{line[error.start]:02X} at {error.start + 1} of the line is not UTF-8; {_UTF8_HINT}"
        self.refuse(number, column, "bad_encoding", reason, raw(line))


def split(line: str) -> list[str]:
    """The cells of one line, without blanks around them. Raises `csv.Error`."""
    # A quoted cell never spans lines in these files, so an open quote costs its own line only.
    cells = next(csv.reader([line.rstrip("\r\n")], strict=True)) if '"' in line else line.split(",")
    return [cell.strip() for cell in cells]


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | _Long]]:
    """Number and bytes of each line. Of a line over `MAX_LINE` only the start is kept while it is read on."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) <= MAX_LINE:
            yield number, line
            continue
        start, length, digest = line[:MAX_RAW], len(line), hashlib.sha256(line)
        while not line.endswith(b"\n") and (line := stream.readline(MAX_LINE)):
            length += len(line)
            digest.update(line)
        yield number, _Long(Raw(start, length, digest.hexdigest()))
