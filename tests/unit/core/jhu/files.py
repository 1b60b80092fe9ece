"""Johns Hopkins' time series as these tests name them, and the rows that Canada has in one."""

from __future__ import annotations

CONFIRMED = "time_series_covid19_confirmed_global.csv"
DEATHS = "time_series_covid19_deaths_global.csv"
RECOVERED = "time_series_covid19_recovered_global.csv"
DAYS = ("1/22/20", "1/23/20")
NAMES = ["Ontario", "Quebec", "Diamond Princess", "Repatriated Travellers"]


def of_canada(**cells: tuple[object, object]) -> dict[tuple[str, str], tuple[object, object]]:
    return {("Canada", name): cells.get(name.split()[0], (1, 2)) for name in NAMES}
