"""Messages of `covid.metrics`: changed rows of one region, packed.

    {"columns": ["source", "region", ...], "rows": [["phac", "CA-ON", ...], ...]}

The column names travel along, so that a reader of another version maps by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from covid_core import decoding
from covid_core.rows import NAMES, Row

MAX_ROWS: Final = 500
"""Most rows a message, about 100 KB of JSON: far below the broker's 1 MB."""


class BadMessage(ValueError):
    """A message that is not what this module encodes."""


class _Ours(msgspec.Struct):
    rows: list[Row]


class _Packed(msgspec.Struct):
    columns: tuple[str, ...]
    rows: msgspec.Raw


class _Outgoing(msgspec.Struct):
    columns: tuple[str, ...]
    rows: Sequence[Row]


_encoder = msgspec.json.Encoder()
_ours = msgspec.json.Decoder(_Ours)
_envelope = msgspec.json.Decoder(_Packed)
_rows = msgspec.json.Decoder(list[Row])
_loose = msgspec.json.Decoder(list[list[Any]])
_HEAD: Final = _encoder.encode(_Outgoing(NAMES, ())).removesuffix(b"[]}")
"""How a message begins whose columns are those of this version, in their order."""
_OLDEST: Final = frozenset({"source", "region", "date", "revision", "generation"})


def encode(rows: Sequence[Row]) -> Iterator[bytes]:
    """Pack rows into as many messages as needed."""
    for start in range(0, len(rows), MAX_ROWS):
        yield _encoder.encode(_Outgoing(NAMES, rows[start : start + MAX_ROWS]))


def decode(value: bytes | None) -> list[Row]:
    """Unpack a message. Columns this version does not know are left out. Raises `BadMessage`."""
    if value is None:
        raise BadMessage("a message without a value")
    try:
        if value.startswith(_HEAD):  # nearly all; the bytes are gone through once
            return decoding.decode(_ours, value).rows
        packed = decoding.decode(_envelope, value)
        if packed.columns == NAMES:
            return decoding.decode(_rows, packed.rows)
        return _by_name(packed)
    except msgspec.MsgspecError as error:
        raise BadMessage(f"not a metrics message: {error}") from None


def _by_name(packed: _Packed) -> list[Row]:
    missing = _OLDEST - set(packed.columns)
    if missing:
        raise BadMessage(f"a metrics message without the columns {', '.join(sorted(missing))}")
    known = [(i, name) for i, name in enumerate(packed.columns) if name in NAMES]
    defaults = {f.name: f.default for f in msgspec.structs.fields(Row) if f.default is not msgspec.NODEFAULT}
    arrays = []
    for cells in decoding.decode(_loose, packed.rows):
        if len(cells) != len(packed.columns):
            raise BadMessage(f"a row of {len(cells)} cells under {len(packed.columns)} columns")
        values = defaults | {name: cells[i] for i, name in known}
        arrays.append([values[name] for name in NAMES])
    return msgspec.convert(arrays, list[Row])
