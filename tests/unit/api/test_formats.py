"""The four formats tell the same rows, whatever the pages, and keep null, zero and status apart."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pyarrow.parquet as pq
import pytest

from covid_api import parquet
from covid_api.formats import ENCODINGS, Format, cell
from covid_api.items import Values
from covid_api.query import OFFERED
from covid_core.catalog.measures import MEASURES
from covid_core.rows import Column

BY_NAME = {column.name: column for column in OFFERED}
NAMES = ("source", "region", "date", "confirmed", "recovered", "recovered_status", "incidence", "lineage")
COLUMNS = tuple(BY_NAME[name] for name in NAMES)
ROWS: list[Values] = [
    ("merged", "CA", "2021-01-01", 0, None, "missing", 0.1 + 0.2, "1,2"),
    ("merged", "CA", "2021-01-02", 9007199254740992, 0, None, None, "3"),
    ("merged", "CA-ON", "2021-01-01", 7, None, None, 1e-300, ""),
]
PAGINGS = [[ROWS], [[ROWS[0]], ROWS[1:]], [[row] for row in ROWS]]


def encoded(
    form: Format,
    pages: Sequence[list[Values]],
    columns: Sequence[Column] = COLUMNS,
    following: str | None = None,
) -> bytes:
    async def source() -> AsyncIterator[list[Values]]:
        for page in pages:
            yield page

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in ENCODINGS[form].encode(source(), columns, following)])

    return asyncio.run(collect())


def objects() -> list[dict[str, Any]]:
    return [dict(zip(NAMES, row, strict=True)) for row in ROWS]


@pytest.mark.parametrize("pages", PAGINGS)
def test_json(pages: list[list[Values]]) -> None:
    assert json.loads(encoded(Format.JSON, pages, following="abc")) == {"data": objects(), "next": "abc"}


@pytest.mark.parametrize("pages", PAGINGS)
def test_ndjson(pages: list[list[Values]]) -> None:
    lines = encoded(Format.NDJSON, pages).decode().splitlines()
    assert [json.loads(line) for line in lines] == objects()


@pytest.mark.parametrize("pages", PAGINGS)
def test_csv(pages: list[list[Values]]) -> None:
    text = encoded(Format.CSV, pages).decode()
    assert text.count("\r\n") == len(ROWS) + 1
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == NAMES
    assert rows == [["" if value is None else str(value) for value in row] for row in ROWS]


@pytest.mark.parametrize("pages", PAGINGS)
@pytest.mark.parametrize("row_group", [1, 5000])
def test_parquet(pages: list[list[Values]], row_group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", row_group)
    content = io.BytesIO(encoded(Format.PARQUET, pages))
    table = pq.read_table(content)
    expected = [{**row, "date": dt.date.fromisoformat(row["date"])} for row in objects()]
    assert table.to_pylist() == expected
    assert pq.ParquetFile(content).num_row_groups == (len(pages) if row_group == 1 else 1)


def test_a_page_may_be_empty() -> None:
    """So is that of alerts where no alert was chosen."""
    table = pq.read_table(io.BytesIO(encoded(Format.PARQUET, [[]])))
    assert (table.num_rows, table.column_names) == (0, list(NAMES))


def test_parquet_says_what_each_column_is() -> None:
    schema = pq.read_schema(io.BytesIO(encoded(Format.PARQUET, [], OFFERED)))
    assert schema.names == [column.name for column in OFFERED]
    assert schema.field("incidence").metadata == {
        b"description": b"cumulative incidence",
        b"unit": b"persons/100,000",
        b"formula": "100,000 · C(t) / population".encode(),
    }
    assert schema.field("confirmed_status").metadata == {
        b"description": b"missing, suppressed, not_due or ended"
    }
    assert {name for name in schema.names if b"formula" in schema.field(name).metadata} == {
        measure.column for measure in MEASURES
    }
    assert not schema.field("region").nullable
    assert schema.field("recovered").nullable


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Format.JSON, b'{"data":[],"next":null}\n'),
        (Format.NDJSON, b""),
        (Format.CSV, (",".join(NAMES) + "\r\n").encode()),
    ],
)
def test_no_rows(form: Format, expected: bytes) -> None:
    assert encoded(form, []) == expected


def test_no_rows_is_a_whole_parquet_file() -> None:
    assert pq.read_table(io.BytesIO(encoded(Format.PARQUET, []))).num_rows == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("value", [-11193, -0.5, None, "phac", "1-2", ""])
def test_numbers_and_plain_texts_stay(value: Any) -> None:
    assert cell(value) == value
