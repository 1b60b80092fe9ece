"""The formats of `/v1/metrics`: each turns pages of rows into chunks of bytes, a page at a time.

Null is `null` in JSON, an empty cell in CSV and null in Parquet; zero is a number in all. Why a count is
null stands in the column `<count>_status`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from covid_api.items import Values
from covid_core.rows import Column

Pages = AsyncIterator[list[Values]]
Chunks = AsyncIterator[bytes]


class Format(StrEnum):
    """What `format=` may say."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class Encoding(NamedTuple):
    """A format's media type and its encoder, of pages under columns and the cursor that follows them."""

    media_type: str
    encode: Callable[[Pages, Sequence[Column], str | None], Chunks]


_encoder: Final = msgspec.json.Encoder()
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def _json(pages: Pages, columns: Sequence[Column], following: str | None) -> Chunks:
    names = [column.name for column in columns]
    yield b'{"data":['
    separator = b""
    async for page in pages:
        objects = [_encoder.encode(dict(zip(names, row, strict=True))) for row in page]
        yield separator + b",\n".join(objects)
        separator = b",\n"
    yield b'],"next":' + _encoder.encode(following) + b"}\n"


async def _ndjson(pages: Pages, columns: Sequence[Column], _: str | None) -> Chunks:
    names = [column.name for column in columns]
    async for page in pages:
        yield _encoder.encode_lines(dict(zip(names, row, strict=True)) for row in page)


def cell(value: Any) -> Any:
    """A CSV cell that no spreadsheet takes for a formula: such a text gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


async def _csv(pages: Pages, columns: Sequence[Column], _: str | None) -> Chunks:
    yield _csv_lines([[column.name for column in columns]])
    async for page in pages:
        yield _csv_lines(page)


def _csv_lines(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


async def _parquet(pages: Pages, columns: Sequence[Column], _: str | None) -> Chunks:
    # pyarrow takes 0.3 s and 40 MB to import; only this format pays for it.
    from covid_api.parquet import encode  # noqa: PLC0415

    async for chunk in encode(pages, columns):
        yield chunk


ENCODINGS: Final = {
    Format.JSON: Encoding("application/json", _json),
    Format.NDJSON: Encoding("application/x-ndjson", _ndjson),
    Format.CSV: Encoding("text/csv; charset=utf-8; header=present", _csv),
    Format.PARQUET: Encoding("application/vnd.apache.parquet", _parquet),
}
