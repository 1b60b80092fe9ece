"""A CSV file of corrections: a line an id, for `covid_inbox`.

    id,confirmed,deaths
    phac:CA-ON:2021-01-02,187999,4626

Instead of `id` there may be `source`, `region` and `date`. An empty cell says nothing; `confirmed_status` and
its like hold a status, for what the source gives as a non-number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from covid_core.formats.model import FormatError, Input, Refusal, Refusals, raw
from covid_core.formats.sheet import Row, Sheet
from covid_core.records import FIELDS, Record, Refused, from_object, parse_id

_KEY: Final = ("source", "region", "date")
_STATUSES: Final = {f"{field}_status": field for field in FIELDS}
_SAYING: Final = (*FIELDS, *_STATUSES)


class Corrections(NamedTuple):
    """What a file says, and what of it was refused."""

    records: Sequence[Record]
    refusals: Sequence[Refusal]


def parse(source: Input, now: dt.datetime) -> Corrections:
    """The corrections of one file, in its order, an id once. `now` (aware, UTC) judges the future.

    A line that is not valid, or whose id stood on a line before, is refused while the rest goes on. Raises
    `FormatError` where nothing can be used.
    """
    refusals = Refusals()
    sheet = Sheet(source, refusals)
    _check_header(sheet)
    lines: dict[str, int] = {}
    records = []
    for row in sheet.rows():
        if not row.whole:
            continue
        try:
            record = _record(dict(zip(sheet.header, row.cells, strict=True)), now)
            if record.id in lines:
                raise Refused("repeated", f"{record.id} stands on line {lines[record.id]} already")
        except Refused as refused:
            _refuse(sheet, row, refused)
            continue
        lines[record.id] = row.line
        records.append(record)
    if sheet.is_empty:
        raise FormatError("empty", "the file has a header and no lines", file=source.name, line=1)
    return Corrections(records, refusals.items)


def _check_header(sheet: Sheet) -> None:
    names = set(sheet.columns)
    if "id" not in names and not names.issuperset(_KEY):
        reason = "neither id nor source, region and date are among the columns"
        raise FormatError("bad_header", reason, file=sheet.name, line=1)
    # A misspelt column would be a correction that silently says nothing.
    known = {"id", *_KEY, *_SAYING} if "id" not in names else {"id", *_SAYING}
    for name in sheet.header:
        if name not in known:
            reason = f"no such column; there are {', '.join(sorted(known - names)) or 'no others'}"
            raise FormatError("bad_header", reason, file=sheet.name, line=1, column=name or None)
    if not names.intersection(_SAYING):
        reason = f"none of {', '.join(_SAYING)} is among the columns"
        raise FormatError("bad_header", reason, file=sheet.name, line=1)


def _record(cells: Mapping[str, str], now: dt.datetime) -> Record:
    if "id" in cells:
        key = parse_id(cells["id"])
        said: dict[str, Any] = {"source": key.source, "region": key.region, "date": key.date.isoformat()}
    else:
        said = {name: cells[name] for name in _KEY}
    said |= {field: _count(cells[field], field) for field in FIELDS if cells.get(field)}
    status = {field: cells[name] for name, field in _STATUSES.items() if cells.get(name)}
    return from_object({**said, "status": status, "correction": True}, now)


def _count(cell: str, field: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise Refused("bad_count", f"{field} is {cell[:40]!r}; counts are whole numbers")
    return int(cell[:40])


def _refuse(sheet: Sheet, row: Row, refused: Refused) -> None:
    sheet.refuse(row.line, None, refused.code, refused.reason, raw(row.raw))
