"""Reading lines within bounds: encodings, widths, quotes, sizes."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from typing import BinaryIO, cast

import pytest

from covid_core.formats import FormatError, Input, Unrecognised, model, parse, recognise, sheet
from tests.unit.core.publishers_files import PHAC_ERAS, phac, refused, source, table

MIB = 1024 * 1024
HEADER = PHAC_ERAS["9"]
GOOD = "35,Ontario,Ontario,2021-01-14,20,0,3,20,1"
QUEBEC = "24,Quebec,Québec,2021-01-14,30,0,4,30,1"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    text = f"\ufeff{HEADER}\r\n{QUEBEC}\r\n\r\n"
    assert [record.region for record in phac(text).records] == ["CA-QC"]


def test_another_encoding_is_refused_with_line_column_and_byte() -> None:
    parsed = phac(f"{HEADER}\n{GOOD}\n{QUEBEC}\n".encode("cp1252"))
    assert [record.region for record in parsed.records] == ["CA-ON"]
    refusal = refused(parsed)
    assert (refusal.code, refusal.line, refusal.column) == ("bad_encoding", 3, "prnameFR")
    assert "byte 0xE9 at 13 of the line" in refusal.reason
    assert "UTF-8" in refusal.reason


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_as_a_file(encoding: str) -> None:
    with pytest.raises(FormatError):
        phac(f"{HEADER}\n{GOOD}\n".encode(encoding))


def test_a_header_in_another_encoding_is_refused_as_a_file() -> None:
    with pytest.raises(FormatError) as caught:
        recognise(source("a.csv", f"{HEADER},taux_général\n".encode("cp1252")))
    assert caught.value.code == "bad_encoding"
    assert "0xE9" in str(caught.value)


def test_quoted_cells_may_hold_commas() -> None:
    parsed = phac(f'{HEADER}\n35,"Ontario, the province","On""tario",2021-01-14,20,0,3,"20",1\n')
    assert parsed.records[0].confirmed == 20


def test_an_open_quote_costs_its_own_line_only() -> None:
    parsed = phac(f'{HEADER}\n35,"Ontario,Ontario,2021-01-13,20,0,3,20,1\n{GOOD}\n')
    assert len(parsed.records) == 1
    assert (refused(parsed).code, refused(parsed).line) == ("bad_csv", 2)


def test_a_line_that_is_too_wide_is_refused() -> None:
    assert refused(phac(f"{HEADER}\n{GOOD}\n{GOOD},1\n")).code == "wrong_width"


def test_a_column_that_stands_twice_is_an_error() -> None:
    with pytest.raises(FormatError) as caught:
        recognise(source("a.csv", f"{HEADER},date\n"))
    assert caught.value.column == "date"


@pytest.mark.parametrize("content", ["", "\n", ",,,\n"])
def test_an_empty_file_is_an_error(content: str) -> None:
    with pytest.raises(FormatError) as caught:
        recognise(source("a.csv", content))
    assert caught.value.code == "empty"


@pytest.mark.parametrize(
    "header", ["region,population,reference_date,source", "# Real input data", "%PDF-1.4", "a" * 100_000]
)
def test_other_files_are_unrecognised(header: str) -> None:
    with pytest.raises(Unrecognised) as caught:
        recognise(source("a.csv", header + "\n"))
    assert len(str(caught.value)) < 300


class Endless(io.RawIOBase):
    """A header, a good line, one line of a billion bytes, a good line: never in memory as a whole."""

    LENGTH = 1_000_000_000

    def __init__(self) -> None:
        self._start = io.BytesIO(f"{HEADER}\n{GOOD}\n".encode())
        self._left = self.LENGTH
        self._end = io.BytesIO(b"\n" + GOOD.replace("-14", "-15").encode() + b"\n")

    @classmethod
    def stream(cls) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(cls(), MIB))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if data := self._start.read(len(buffer)):
            buffer[: len(data)] = data
            return len(data)
        if self._left:
            size = min(self._left, len(buffer))
            buffer[:size] = b"7" * size
            self._left -= size
            return size
        data = self._end.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def test_a_line_of_a_gigabyte_costs_itself_only_and_no_memory() -> None:
    kind = recognise(source("a.csv", HEADER + "\n")).kind
    tracemalloc.start()
    parsed = parse(kind, [Input("a.csv", Endless.stream())])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [record.date.day for record in parsed.records] == [14, 15]
    refusal = refused(parsed)
    assert (refusal.code, refusal.line, refusal.length) == ("line_too_long", 3, Endless.LENGTH + 1)
    assert len(refusal.raw) == 65_536
    assert peak < 16 * MIB


def test_a_header_that_is_too_long_is_an_error() -> None:
    with pytest.raises(FormatError) as caught:
        recognise(source("a.csv", "x" * (sheet.MAX_LINE + 1)))
    assert caught.value.code == "line_too_long"


def test_a_line_of_the_greatest_length_is_read() -> None:
    fill = "x" * (sheet.MAX_LINE - len(GOOD) - 1)
    text = f"{HEADER}\n{GOOD.replace('Ontario,Ontario', 'Ontario' + fill + ',Ontario')}\n"
    assert len(text.split("\n")[1]) + 1 == sheet.MAX_LINE
    assert len(phac(text).records) == 1
    assert refused(phac(text.replace("xx", "xxx", 1))).code == "line_too_long"


def test_a_file_that_is_no_publishers_size_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{HEADER}\n" + f"{GOOD}\n" * 20
    monkeypatch.setattr(sheet, "MAX_LINES", 20)
    with pytest.raises(FormatError, match="no publisher's file is that large"):
        phac(text)
    monkeypatch.setattr(sheet, "MAX_LINES", 21)
    assert len(phac(text).records) == 1
    monkeypatch.setattr(sheet, "MAX_BYTES", len(GOOD) * 10)
    with pytest.raises(FormatError):
        phac(text)


def test_bytes_of_many_refusals_are_bounded_and_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "RAW_BUDGET", 100)
    bad = [f"35,Ontario,Ontario,2021-01-{day:02},20,0,3,-20,1" for day in range(10, 20)]
    parsed = phac("\n".join([HEADER, *bad, ""]))
    assert sum(len(refusal.raw) for refusal in parsed.refusals) == 100
    assert [refusal.sha256 for refusal in parsed.refusals] == [
        hashlib.sha256(f"{line}\n".encode()).hexdigest() for line in bad
    ]
    assert all(refusal.length == len(bad[0]) + 1 for refusal in parsed.refusals)


def test_nothing_but_refusals_and_records_comes_of_random_bytes() -> None:
    """Whatever stands below the header, parsing ends, and each line is a record or a refusal."""
    noise = bytes((i * i * 31 + i * 7) % 256 for i in range(20_000)).replace(b"\r", b"")
    lines = [line for line in noise.split(b"\n") if line.strip()]
    parsed = phac(f"{HEADER}\n".encode() + noise)
    assert len(parsed.refusals) + len(parsed.records) == len(lines)


def test_table_quotes_what_needs_it() -> None:
    assert table("a,b", [{"a": "x,y"}]) == 'a,b\n"x,y",\n'
