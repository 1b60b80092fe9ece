"""Adding up rows of Johns Hopkins' files to regions and countries.

Two rules, the same for the time series and the daily reports:

- rows of places within one region (`Toronto, ON` and `London, ON`; the counties of a state) add up to it;
- a country with a row of its own has that row's count. A country without one (Canada, Australia and China
  in the time series) has the sum of all its rows, which are those that JHU lists under it: ships and
  travellers for Canada, Hong Kong and Macao for China. So `jhu:CA` is the sum of 16 rows.

A sum of which a part was refused would be wrong, so it is not published at all. One with a part that has
ended (recovered in New South Wales, for Australia) has ended with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from covid_core.formats.cells import Cell
from covid_core.formats.jhu_places import Place
from covid_core.records import Status


class Totals:
    """The sums of one field over n days. `blank_adds_nothing` where a blank stands for none (daily reports);
    otherwise a sum with a blank in it is missing."""

    def __init__(self, *, blank_adds_nothing: bool = False) -> None:
        self._blank_adds_nothing = blank_adds_nothing
        self._regions: dict[str, list[Cell]] = {}
        self._countries: dict[str, list[Cell]] = {}
        self._whole: set[str] = set()
        self._spoiled: set[str] = set()
        self._all_spoiled = False

    def add(self, place: Place, cells: Sequence[Cell]) -> None:
        """Add one row, a cell for each day. None in it is a refused cell: it spoils that day's sums."""
        if place.whole:
            self._whole.add(place.country)
        self._into(self._regions, place.region, cells)
        self._into(self._countries, place.country, cells)

    def spoil(self, place: Place) -> None:
        """A row of this place was refused altogether."""
        self._spoiled |= {place.region, place.country}

    def spoil_country(self, country: str | None) -> None:
        """A row of some place in the country, or (None) of some country, was refused altogether."""
        if country is None:
            self._all_spoiled = True
        else:
            self._spoiled.add(country)

    def summed(self) -> set[str]:
        """The countries whose count is the sum of their rows."""
        return self._countries.keys() - self._whole

    def result(self) -> dict[str, list[Cell]]:
        """Each region's cells, a country's sum among them unless a part of it was refused."""
        regions = {code: cells for code, cells in self._regions.items() if code not in self._spoiled}
        for code in self.summed() - self._spoiled:
            if not self._all_spoiled:
                regions[code] = self._countries[code]
        return regions

    def _into(self, sums: dict[str, list[Cell]], key: str, cells: Sequence[Cell]) -> None:
        known = sums.get(key)
        sums[key] = list(cells) if known is None else list(map(self._plus, known, cells))

    def _plus(self, one: Cell, other: Cell) -> Cell:
        if isinstance(one, int) and isinstance(other, int):
            return one + other
        if one is None or other is None:
            return None
        if self._blank_adds_nothing and Status.MISSING in (one, other):
            return other if one is Status.MISSING else one
        return one if isinstance(one, Status) else other
