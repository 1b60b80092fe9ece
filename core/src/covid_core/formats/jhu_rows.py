"""What the two kinds of Johns Hopkins' files share: finding a row's place, choosing rows, making records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from covid_core.formats.cells import Cell
from covid_core.formats.jhu_places import Place, UnknownPlace, country_of, place_of
from covid_core.formats.jhu_totals import Totals
from covid_core.formats.model import Kind, raw
from covid_core.formats.recognition import JHU_COUNTRY, JHU_PROVINCE
from covid_core.formats.sheet import Row, Sheet
from covid_core.records import Record, Status
from covid_core.regions import get

RECOVERED_ENDED: Final = dt.date(2021, 8, 5)
"""First day without recovered: JHU stopped the series and its files show 0 from here on, also in rows that
were 0 all along. Some rows ended before, which `jhu_series` finds."""

COUNTY: Final = ("Admin2",)
"""The column of a place within a province, however spelled."""


def name_columns(sheet: Sheet) -> dict[str, int]:
    """Indices of the columns that name a row's place: `country`, `province` and in some eras `county`."""
    spellings = {"country": JHU_COUNTRY, "province": JHU_PROVINCE, "county": COUNTY}
    return {
        part: sheet.columns[column]
        for part, columns in spellings.items()
        for column in columns
        if column in sheet.columns
    }


class Rows:
    """Chooses the rows of one file that the wanted countries need, refusing what has no place or comes twice.

    `totals` are told of every row that had to be refused, so that they do not pass off a part as the sum.
    """

    def __init__(
        self,
        sheet: Sheet,
        counts: Iterable[int],
        countries: frozenset[str] | None,
        totals: Sequence[Totals],
    ) -> None:
        self._sheet = sheet
        self._names = name_columns(sheet)
        self._counts = tuple(counts)
        self._countries = countries
        self._totals = totals
        self._seen: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def name(self, row: Row) -> tuple[str, ...]:
        """What the file calls the row's place, from the country on."""
        return tuple(row.cells[index] for index in self._names.values())

    def choose(self, row: Row) -> Place | None:
        """The place of a row to be counted, None for one that is not wanted or has been refused."""
        place = self._place(row)
        if place is None or not self._is_wanted(place):
            return None
        if not row.whole:
            self.spoil(place)
            return None
        counts = tuple(row.cells[index] for index in self._counts)
        line, before = self._seen.setdefault(self.name(row), (row.line, counts))
        if line == row.line:
            return place
        if before != counts:
            shown = ", ".join(filter(None, reversed(self.name(row))))
            reason = f"{shown} stands in line {line} already, with other counts"
            self._sheet.refuse(row.line, None, "duplicate", reason, raw(row.raw))
        return None

    def spoil(self, place: Place) -> None:
        """Note that a row of this place was refused."""
        for total in self._totals:
            total.spoil(place)

    def _is_wanted(self, place: Place) -> bool:
        return (
            self._countries is None
            or place.country in self._countries
            or get(place.region).country in self._countries
        )

    def _place(self, row: Row) -> Place | None:
        country, province = self._names["country"], self._names["province"]
        if not row.whole and len(row.cells) <= max(country, province) + 1:
            # Cut within its names, or too long to be looked at.
            self._spoil_country(country_of(row.cells[country]) if len(row.cells) > country + 1 else None)
            return None
        try:
            return place_of(row.cells[country], row.cells[province])
        except UnknownPlace as unknown:
            if row.whole:
                column = self._sheet.header[province if unknown.country else country]
                self._sheet.refuse(row.line, column, "unknown_region", str(unknown), raw(row.raw))
            if unknown.country or not row.whole:
                # A country that no table knows is none of those that are summed.
                self._spoil_country(unknown.country)
            return None

    def _spoil_country(self, country: str | None) -> None:
        for total in self._totals:
            total.spoil_country(country)


def records_of_day(
    date: dt.date,
    fields: Mapping[str, tuple[Mapping[str, Sequence[Cell]], int]],
    countries: frozenset[str] | None,
    reported_at: dt.datetime,
) -> Iterable[Record]:
    """The records of one day, by region, from each field's cells by region and the day's index in them."""
    codes = {code for regions, _ in fields.values() for code in regions}
    for code in sorted(codes):
        if countries is not None and get(code).country not in countries:
            continue
        cells = {field: regions[code][index] for field, (regions, index) in fields.items() if code in regions}
        numbers = {field: cell for field, cell in cells.items() if isinstance(cell, int)}
        status = {field: cell for field, cell in cells.items() if isinstance(cell, Status)}
        if numbers or status:
            yield Record(
                source=Kind.JHU_SERIES.source,
                region=code,
                date=date,
                confirmed=numbers.get("confirmed"),
                deaths=numbers.get("deaths"),
                recovered=numbers.get("recovered"),
                status=status,
                reported_at=reported_at,
            )
