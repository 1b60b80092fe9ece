"""The Public Health Agency of Canada's files: covid19-download.csv and covid19.csv, daily and weekly.

Columns came, moved and were renamed over the years (9, 11, 14, 15, 21, 27, 35, 36, 39, 40 and 40 of them,
then 23 in the weekly file), so they are read by name. Source: Health Infobase, data dictionary "COVID-19
epidemiology update".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from covid_core.formats.cells import BadCell, count
from covid_core.formats.dates import PHAC, BadColumn, BadDate, read_column
from covid_core.formats.model import FormatError, Input, Kind, Parsed, Refusals, end_of, raw
from covid_core.formats.recognition import recognise_header
from covid_core.formats.sheet import Row, Sheet
from covid_core.records import FUTURE_TOLERANCE, Record, Status
from covid_core.regions import BY_PRUID

_COLUMNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.PHAC_DAILY: {
        "confirmed": "numtotal",
        "deaths": "numdeaths",
        "recovered": "numrecover",
        # numtested counts people, not tests, and is not used.
        "tests": "numtests",
    },
    Kind.PHAC_WEEKLY: {"confirmed": "totalcases", "deaths": "numdeaths"},
}
_COUNTRY: Final = "CA"
_Key = tuple[dt.date, str]
"""A day and a region."""


class _Line(NamedTuple):
    line: int
    region: str
    counts: Mapping[str, int | Status]
    reported: bool


def parse(
    source: Input,
    *,
    countries: frozenset[str] | None = None,
    received_at: dt.datetime | None = None,
    reported_at: dt.datetime | None = None,
) -> Parsed:
    """The records of one file, daily or weekly. Parameters and errors as in `covid_core.formats.parse`."""
    refusals = Refusals()
    sheet = Sheet(source, refusals)
    kind = recognise_header(source.name, sheet.header).kind
    # An era without a column says nothing about its field.
    columns = {field: name for field, name in _COLUMNS[kind].items() if name in sheet.columns}
    rows = [row for row in sheet.rows() if row.whole]
    if sheet.is_empty:
        raise FormatError("empty", "the file has a header and no rows", file=source.name, line=1)
    accepted: dict[_Key, _Line] = {}
    for row, date in zip(rows, _dates(sheet, rows), strict=True):
        try:
            day = _usable(date, received_at)
            line = _line(row, sheet, columns)
            first = accepted.setdefault((day, line.region), line)
            if (first.counts, first.reported) != (line.counts, line.reported):
                reason = f"{line.region} on {day} stands in line {first.line} already, with other counts"
                raise _Bad("pruid", "duplicate", reason)
        except _Bad as bad:
            sheet.refuse(row.line, bad.column, bad.code, bad.reason, raw(row.raw))
    newest = max((day for day, _ in accepted), default=None)
    if reported_at is None and newest is not None:
        reported_at = end_of(newest)
    records: list[Record] = []
    if countries is None or _COUNTRY in countries:
        keys = sorted(accepted)
        blanks = {"tests": _before_tests(keys, accepted), "recovered": _blank_recovered(keys, accepted)}
        records = [
            _record(kind.source, key[0], _without(accepted[key], key, blanks), reported_at) for key in keys
        ]
    return Parsed(
        kind=kind,
        source=kind.source,
        files=(source.name,),
        records=records,
        refusals=refusals.items,
        newest=newest,
        reported_at=reported_at,
    )


def newest(source: Input, received_at: dt.datetime | None) -> dt.date | None:
    """The newest usable date of a file, its counts unread. Raises `FormatError`."""
    sheet = Sheet(source, Refusals())
    read = _dates(sheet, [row for row in sheet.rows() if row.whole])
    days = [day for day in read if isinstance(day, dt.date) and not _is_future(day, received_at)]
    return max(days, default=None)


class _Bad(Exception):
    def __init__(self, column: str, code: str, reason: str) -> None:
        self.column = column
        self.code = code
        self.reason = reason


def _dates(sheet: Sheet, rows: Sequence[Row]) -> list[dt.date | BadDate]:
    index = sheet.columns["date"]
    try:
        return read_column([row.cells[index] for row in rows], PHAC)
    except BadColumn as bad:
        line = rows[bad.index].line
        raise FormatError(bad.code, bad.reason, file=sheet.name, line=line, column="date") from None


def _usable(date: dt.date | BadDate, received_at: dt.datetime | None) -> dt.date:
    if isinstance(date, BadDate):
        raise _Bad("date", "bad_date", date.reason)
    if _is_future(date, received_at):
        raise _Bad("date", "future", f"{date} lies in the future")
    return date


def _is_future(date: dt.date, received_at: dt.datetime | None) -> bool:
    return received_at is not None and date > (received_at + FUTURE_TOLERANCE).date()


def _line(row: Row, sheet: Sheet, columns: Mapping[str, str]) -> _Line:
    region = _region(row.cells[sheet.columns["pruid"]])
    counts: dict[str, int | Status] = {}
    for field, column in columns.items():
        try:
            counts[field] = count(row.cells[sheet.columns[column]])
        except BadCell as bad:
            raise _Bad(column, bad.code, bad.reason) from None
    return _Line(row.line, region, counts, _reported(row, sheet))


def _region(cell: str) -> str:
    try:
        pruid = count(cell)
    except BadCell:
        pruid = Status.MISSING
    region = BY_PRUID.get(pruid) if isinstance(pruid, int) else None
    if region is None:
        raise _Bad("pruid", "unknown_region", f"pruid {cell[:40]!r} is no province, territory or Canada")
    return region


def _reported(row: Row, sheet: Sheet) -> bool:
    """Whether the province reported that day; a blank or an era without the column does not deny it."""
    index = sheet.columns.get("update")
    cell = "" if index is None else row.cells[index]
    if cell in ("0", "0.0"):
        return False
    if cell in ("", "1", "1.0"):
        return True
    raise _Bad("update", "bad_update", f"update is {cell[:40]!r}; it is 1, 0 or blank")


def _before_tests(keys: Iterable[_Key], accepted: Mapping[_Key, _Line]) -> set[_Key]:
    """Where `numtests` is 0 before the region's first positive one: blanks that the publisher wrote as 0."""
    started: set[str] = set()
    before: set[_Key] = set()
    for key in keys:
        tests = accepted[key].counts.get("tests")
        if isinstance(tests, int) and tests > 0:
            started.add(key[1])
        elif tests == 0 and key[1] not in started:
            before.add(key)
    return before


def _blank_recovered(keys: Sequence[_Key], accepted: Mapping[_Key, _Line]) -> set[_Key]:
    """Where `numrecover` is 0 for a blank. `keys`: by day.

    The files of 2022 have 0 where those before have a blank. Canada's own 0 between two positive ones, which
    no cumulative count has, tells such a file; in others each 0 is the publisher's. Until its last such day
    (2020-04-17) recovered was published on some days only: any 0 up to it is a blank, and so is one after a
    positive number of its region (repatriated travellers, until 2020-05-20).

    In the file of 2022-06-05 these are the 524 zeros that were blanks until 2021-11-08, and 3 of the 220 that
    were 0 even then: Nunavut on 2020-04-05 and 04-06, among days that were blank, and Quebec on 2020-04-05,
    between 224 and 611. Nothing in their rows tells these 3 from blanks. The other 217, Nunavut's until its
    first recovered on 2020-11-21, stay 0, which "before the first positive" would have taken away.
    """
    recovered = {key: n for key in keys if isinstance(n := accepted[key].counts.get("recovered"), int)}
    national = {day: n for (day, region), n in recovered.items() if region == _COUNTRY}
    positive = [day for day, n in national.items() if n]
    gaps = [day for day, n in national.items() if not n and positive and positive[0] < day < positive[-1]]
    if not gaps:
        return set()
    started: set[str] = set()
    blanks: set[_Key] = set()
    for (day, region), n in recovered.items():
        if n:
            started.add(region)
        elif day <= gaps[-1] or region in started:
            blanks.add((day, region))
    return blanks


def _without(line: _Line, key: _Key, blanks: Mapping[str, set[_Key]]) -> _Line:
    """The line with a status for each count that is a blank."""
    missing = {field: Status.MISSING for field, where in blanks.items() if key in where}
    return line._replace(counts={**line.counts, **missing})


def _record(source: str, date: dt.date, line: _Line, reported_at: dt.datetime | None) -> Record:
    counts = line.counts
    numbers = {field: value for field, value in counts.items() if not isinstance(value, Status)}
    status = {field: value for field, value in counts.items() if isinstance(value, Status)}
    if not line.reported:
        # The province did not report: its counts are the last ones, repeated.
        status |= dict.fromkeys(numbers, Status.NOT_DUE)
    return Record(
        source=source,
        region=line.region,
        date=date,
        confirmed=numbers.get("confirmed"),
        deaths=numbers.get("deaths"),
        recovered=numbers.get("recovered"),
        tests=numbers.get("tests"),
        status=status,
        reported_at=reported_at,
    )
