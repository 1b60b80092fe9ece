"""Johns Hopkins' global time series: three wide files (confirmed, deaths, recovered), a column for each day.

The three of one folder become one record a region and day. Source: CSSEGISandData/COVID-19,
csse_covid_19_time_series, "COVID-19 Data Repository by the Center for Systems Science and Engineering
(CSSE) at Johns Hopkins University".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from covid_core.formats import dates
from covid_core.formats.cells import BadCell, Cell, count
from covid_core.formats.jhu_rows import RECOVERED_ENDED, Rows, records_of_day
from covid_core.formats.jhu_totals import Totals
from covid_core.formats.model import FormatError, Input, Kind, Parsed, Refusals, end_of, raw
from covid_core.formats.recognition import JHU_COUNTRY, JHU_PROVINCE, recognise_header
from covid_core.formats.sheet import Row, Sheet
from covid_core.records import FUTURE_TOLERANCE, Record, Status

POSITIONS: Final = ("Lat", "Long", "Long_")
"""Columns that are neither a place's name nor a day."""

ENDS_FROM: Final = 100
"""Recovered persons from which on a count does not fall to 0: the row's series has ended. See `_end`."""


class _Series(NamedTuple):
    """One of the three files: cells by region, on its own days."""

    file: str
    field: str
    days: list[dt.date]
    regions: dict[str, list[Cell]]
    rows_of: dict[str, set[tuple[str, ...]]]
    """Names of the rows behind each country that is a sum."""


def parse(
    sources: Sequence[Input],
    *,
    countries: frozenset[str] | None = None,
    received_at: dt.datetime | None = None,
    reported_at: dt.datetime | None = None,
) -> Parsed:
    """The records of one to three series. Parameters and errors as in `covid_core.formats.parse`.

    Raises `FormatError` also where two of the files are for the same field.
    """
    refusals = Refusals()
    series: dict[str, _Series] = {}
    for source in sources:
        one = _read(source, refusals, countries, received_at)
        if one.field in series:
            reason = f"{series[one.field].file} holds {one.field} already; publish one set of three at a time"
            raise FormatError("same_field", reason, file=source.name)
        series[one.field] = one
    _drop_unequal_sums(series, refusals)
    newest = max(one.days[-1] for one in series.values())
    stamp = reported_at or end_of(newest)
    return Parsed(
        kind=Kind.JHU_SERIES,
        source=Kind.JHU_SERIES.source,
        files=tuple(source.name for source in sources),
        records=list(_records(series, countries, stamp)),
        refusals=refusals.items,
        newest=newest,
        reported_at=stamp,
    )


def newest(source: Input, received_at: dt.datetime | None) -> dt.date:
    """The newest day of a file, from its header. Raises `FormatError`."""
    return max(_days(Sheet(source, Refusals()), received_at).values())


def _read(
    source: Input, refusals: Refusals, countries: frozenset[str] | None, received_at: dt.datetime | None
) -> _Series:
    sheet = Sheet(source, refusals)
    field = recognise_header(source.name, sheet.header).field
    if field is None:
        raise FormatError("unknown_header", "not a time series of JHU", file=source.name, line=1)
    days = _days(sheet, received_at)
    totals = Totals()
    rows = Rows(sheet, days, countries, [totals])
    rows_of: dict[str, set[tuple[str, ...]]] = {}
    for row in sheet.rows():
        place = rows.choose(row)
        if place is not None:
            totals.add(place, _cells(row, sheet, days, field))
            rows_of.setdefault(place.country, set()).add(rows.name(row))
    if sheet.is_empty:
        raise FormatError("empty", "the file has a header and no rows", file=source.name, line=1)
    summed = totals.summed()
    return _Series(
        source.name,
        field,
        list(days.values()),
        totals.result(),
        {code: names for code, names in rows_of.items() if code in summed},
    )


def _days(sheet: Sheet, received_at: dt.datetime | None) -> dict[int, dt.date]:
    """The days, in order, by the index of their column."""
    other = {*JHU_PROVINCE, *JHU_COUNTRY, *POSITIONS}
    names = [name for name in sheet.columns if name not in other]
    try:
        read = dates.read_column(names, dates.JHU)
    except dates.BadColumn as bad:
        raise FormatError(bad.code, bad.reason, file=sheet.name, line=1, column=names[bad.index]) from None
    days: dict[int, dt.date] = {}
    last = dt.date.min
    for name, date in zip(names, read, strict=True):
        if isinstance(date, dates.BadDate):
            raise FormatError("bad_date", date.reason, file=sheet.name, line=1, column=name)
        if date <= last:
            reason = f"the day is not after {last}, that of the column before; days run from left to right"
            raise FormatError("ambiguous_dates", reason, file=sheet.name, line=1, column=name)
        if received_at is not None and date > (received_at + FUTURE_TOLERANCE).date():
            raise FormatError("future", f"{date} lies in the future", file=sheet.name, line=1, column=name)
        days[sheet.columns[name]] = last = date
    return days


def _cells(row: Row, sheet: Sheet, days: Mapping[int, dt.date], field: str) -> list[Cell]:
    cells: list[Cell] = []
    for index, day in days.items():
        if field == "recovered" and day >= RECOVERED_ENDED:
            cells.append(Status.ENDED)
            continue
        cell = row.cells[index]
        try:
            cells.append(count(cell))
        except BadCell as bad:
            cells.append(None)
            sheet.refuse(row.line, sheet.header[index], bad.code, bad.reason, raw(cell.encode()))
    if index == len(row.cells) - 1 and _is_cut(row, cells):
        reason = "the file ends within this count: no line end, and less than the day before"
        sheet.refuse(row.line, sheet.header[index], "cut", reason, raw(cell.encode()))
        cells[-1] = None
    if field == "recovered":
        _end(cells)
    return cells


def _end(cells: list[Cell]) -> None:
    """Say `ended` for the zeros after the last positive number of a row of recovered, if that is `ENDS_FROM`.

    JHU stopped rows of their own before `RECOVERED_ENDED`, and wrote 0 from then on: the United Kingdom's at
    344 (2020-04-13), Serbia's at 15,564 (2020-07-20), New South Wales' at 2,989 (2020-08-01), Belgium's at
    31,130 (2020-11-12), the United States' at 6,298,082 (2020-12-14). In the files of 2020-06-01, 2021-01-22
    and 2023-03-09 no count of 40 or more fell to 0 and rose again. The 17 falls to 0 that did not last were
    from 39 or less, and lasted up to 171 days: they are corrections, and their length tells nothing. So a 0
    after less than `ENDS_FROM` stays a number, and a single 0 at the end after more has ended: if that is a
    slip, it is no count either, and the next file puts a number there.
    """
    after = number = 0
    for place, cell in enumerate(cells, start=1):
        if isinstance(cell, int) and cell:
            after, number = place, cell
    if number >= ENDS_FROM:
        cells[after:] = [Status.ENDED if cell == 0 else cell for cell in cells[after:]]


def _is_cut(row: Row, cells: Sequence[Cell]) -> bool:
    """Whether the file ends within the row's last count: one that loses digits falls at least tenfold."""
    if row.raw.endswith((b"\n", b"\r")) or len(cells) < 2:
        return False
    before, last = cells[-2], cells[-1]
    return isinstance(before, int) and (last is Status.MISSING or (isinstance(last, int) and last < before))


def _drop_unequal_sums(series: Mapping[str, _Series], refusals: Refusals) -> None:
    """Confirmed and deaths list the same rows; a country summed over fewer in one of them lost some."""
    if not {"confirmed", "deaths"} <= series.keys():
        return
    confirmed, deaths = series["confirmed"], series["deaths"]
    for code in sorted(confirmed.rows_of.keys() | deaths.rows_of.keys()):
        ours, theirs = confirmed.rows_of.get(code, set()), deaths.rows_of.get(code, set())
        if ours == theirs:
            continue
        fewer, other = (confirmed, deaths) if theirs - ours else (deaths, confirmed)
        lost = sorted(", ".join(filter(None, reversed(name))) for name in ours ^ theirs)
        reason = (
            f"{other.file} has rows that are not in this file, so {code} is not summed: {'; '.join(lost)}"
        )
        refusals.add(
            file=fewer.file,
            line=None,
            column=None,
            code="incomplete_country",
            reason=reason[:1000],
            refused=raw(code.encode()),
        )
        for one in (confirmed, deaths):
            one.regions.pop(code, None)


def _records(
    series: Mapping[str, _Series], countries: frozenset[str] | None, reported_at: dt.datetime
) -> Iterator[Record]:
    index_of = {field: {day: i for i, day in enumerate(one.days)} for field, one in series.items()}
    for day in sorted({day for one in series.values() for day in one.days}):
        fields = {
            field: (one.regions, index_of[field][day])
            for field, one in series.items()
            if day in index_of[field]
        }
        yield from records_of_day(day, fields, countries, reported_at)
