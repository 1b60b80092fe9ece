"""Johns Hopkins' daily reports: one file a day, a row for each place, the date in the file's name only.

Six header eras (6, 8, 12 and 14 columns, two spellings of two columns), read by name. Source:
CSSEGISandData/COVID-19, csse_covid_19_daily_reports/MM-DD-YYYY.csv.

One day does not tell a place whose recovered ended before `RECOVERED_ENDED` from one where nobody has
recovered: its 0 is a number here, until a time series of a later day says `ended`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from covid_core.formats.cells import BadCell, Cell, count
from covid_core.formats.jhu_places import Place
from covid_core.formats.jhu_rows import RECOVERED_ENDED, Rows, records_of_day
from covid_core.formats.jhu_totals import Totals
from covid_core.formats.model import FormatError, Input, Kind, Parsed, Refusals, end_of, raw
from covid_core.formats.recognition import recognise_header
from covid_core.formats.sheet import Row, Sheet
from covid_core.records import FUTURE_TOLERANCE, Status

COUNTS: Final = {"confirmed": "Confirmed", "deaths": "Deaths", "recovered": "Recovered"}
"""A field's column."""


class _Line(NamedTuple):
    place: Place
    cells: dict[str, Cell]


def parse(
    source: Input,
    *,
    countries: frozenset[str] | None = None,
    received_at: dt.datetime | None = None,
    reported_at: dt.datetime | None = None,
) -> Parsed:
    """The records of one daily report. Parameters and errors as in `covid_core.formats.parse`."""
    refusals = Refusals()
    sheet = Sheet(source, refusals)
    day = recognise_header(source.name, sheet.header).date
    if day is None:
        raise FormatError("unknown_header", "not a daily report of JHU", file=source.name, line=1)
    if received_at is not None and day > (received_at + FUTURE_TOLERANCE).date():
        raise FormatError("future", f"the day in its name, {day}, lies in the future", file=source.name)
    totals = {field: Totals(blank_adds_nothing=True) for field in COUNTS}
    lines = _lines(sheet, day, countries, list(totals.values()))
    with_own_recovered = {line.place.country for line in lines if line.place.recovered_only}
    for line in lines:
        for field, cell in line.cells.items():
            if field == "recovered" and line.place.country in with_own_recovered:
                # The provinces' zeros are blanks where the country's number has a row of its own.
                if line.place.recovered_only:
                    totals[field].add(line.place._replace(whole=True), [cell])
            elif not line.place.recovered_only:
                totals[field].add(line.place, [cell])
    stamp = reported_at or end_of(day)
    fields = {field: (total.result(), 0) for field, total in totals.items()}
    return Parsed(
        kind=Kind.JHU_DAILY,
        source=Kind.JHU_DAILY.source,
        files=(source.name,),
        records=list(records_of_day(day, fields, countries, stamp)),
        refusals=refusals.items,
        newest=day,
        reported_at=stamp,
    )


def _lines(
    sheet: Sheet,
    day: dt.date,
    countries: frozenset[str] | None,
    totals: Sequence[Totals],
) -> list[_Line]:
    columns = {field: sheet.columns[column] for field, column in COUNTS.items()}
    rows = Rows(sheet, columns.values(), countries, totals)
    lines: list[_Line] = []
    for row in sheet.rows():
        place = rows.choose(row)
        if place is None:
            continue
        cells = _cells(row, sheet, columns, day)
        if cells is None:
            rows.spoil(place)
        else:
            lines.append(_Line(place, cells))
    if sheet.is_empty:
        raise FormatError("empty", "the file has a header and no rows", file=sheet.name, line=1)
    return lines


def _cells(row: Row, sheet: Sheet, columns: Mapping[str, int], day: dt.date) -> dict[str, Cell] | None:
    cells: dict[str, Cell] = {}
    for field, index in columns.items():
        if field == "recovered" and day >= RECOVERED_ENDED:
            cells[field] = Status.ENDED
            continue
        try:
            cells[field] = count(row.cells[index])
        except BadCell as bad:
            sheet.refuse(row.line, sheet.header[index], bad.code, bad.reason, raw(row.raw))
            return None
    return cells
