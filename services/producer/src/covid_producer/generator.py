"""A seeded epidemic in the publishers' own formats, for machines that have neither their files nor a network.

The numbers are invented. The files have the publishers' headers, date formats and habits: provinces that do
not report at weekends, blanks, a recovered series that ends, cumulative counts that are corrected downwards.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from covid_core import regions

FIRST_DAY: Final = dt.date(2020, 1, 31)
DAYS: Final = 400
RECOVERY_DAYS: Final = 14
FATALITY: Final = 0.016
TESTS_PER_CASE: Final = 22

_DAILY_HEADER: Final = [
    "pruid",
    "prname",
    "prnameFR",
    "date",
    "update",
    "numconf",
    "numprob",
    "numdeaths",
    "numtotal",
    "numtests",
    "numrecover",
    "numtoday",
]
_WEEKLY_HEADER: Final = [
    "pruid",
    "prname",
    "prnameFR",
    "date",
    "reporting_week",
    "reporting_year",
    "update",
    "totalcases",
    "numtotal_last7",
    "numdeaths",
]
_JHU_HEADER: Final = ("Province/State", "Country/Region", "Lat", "Long")

Counts = npt.NDArray[np.int64]


def write(folder: Path, seed: int = 2020) -> list[Path]:
    """Write one PHAC daily file, one PHAC weekly file and JHU's three series; same seed, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    confirmed = {
        code: _outbreak(regions.population(code) or 0, np.random.default_rng([seed, i]))
        for i, code in enumerate(regions.PROVINCES)
    }
    last = FIRST_DAY + dt.timedelta(DAYS - 1)
    return [
        _write(folder / f"covid19-download_{last}.csv", _DAILY_HEADER, _daily(confirmed)),
        _write(folder / f"covid19-weekly_{last}.csv", _WEEKLY_HEADER, _weekly(confirmed)),
        *_series(folder, confirmed),
    ]


def _outbreak(population: int, rng: np.random.Generator) -> Counts:
    """Cumulative cases: three waves, weekly rhythm, Poisson noise, one correction downwards."""
    day = np.arange(DAYS)
    waves = ((75, 22, 0.0004), (290, 28, 0.0018), (370, 20, 0.0012))
    shape = sum(size * np.exp(-(((day - peak) / width) ** 2) / 2) / width for peak, width, size in waves)
    weekday = np.array([1.15, 1.1, 1.05, 1.0, 1.0, 0.85, 0.85])[(day + FIRST_DAY.weekday()) % 7]
    new: Counts = rng.poisson(population * np.asarray(shape) * weekday * rng.uniform(0.6, 1.4))
    corrected = int(rng.integers(300, DAYS - 5))
    new[corrected] = -(new[:corrected].sum() // 100)
    counts: Counts = np.maximum(np.cumsum(new), 0)
    return counts


def _deaths(confirmed: Counts) -> Counts:
    deaths: Counts = np.maximum.accumulate((_earlier(confirmed, 10) * FATALITY).astype(np.int64))
    return deaths


def _recovered(confirmed: Counts) -> Counts:
    settled = _earlier(confirmed, RECOVERY_DAYS)
    recovered: Counts = np.maximum(settled - _deaths(confirmed), 0)
    return recovered


def _tests(confirmed: Counts) -> Counts:
    return confirmed * TESTS_PER_CASE + np.arange(confirmed.size) * 40


def _earlier(counts: Counts, days: int) -> Counts:
    return np.concatenate([np.zeros(days, dtype=np.int64), counts[:-days]])


def _with_canada(confirmed: Mapping[str, Counts]) -> dict[str, Counts]:
    return {"CA": np.sum(list(confirmed.values()), axis=0), **confirmed}


def _daily(confirmed: Mapping[str, Counts]) -> Iterable[Sequence[object]]:
    for region in _order():
        cases = _with_canada(confirmed)[region.code]
        deaths, recovered, tests = _deaths(cases), _recovered(cases), _tests(cases)
        for i in range(DAYS):
            date = FIRST_DAY + dt.timedelta(i)
            due = region.kind is regions.Kind.COUNTRY or date.weekday() < 5
            # A province that does not report repeats Friday's counts.
            at = i if due else max(i - (date.weekday() - 4), 0)
            healed = "" if i < 40 else recovered[at]
            today = cases[at] - cases[at - 1] if due and i else 0
            yield (
                *_names(region), date, int(due), cases[at], 0, deaths[at], cases[at], tests[at], healed, today
            )  # fmt: skip


def _weekly(confirmed: Mapping[str, Counts]) -> Iterable[Sequence[object]]:
    for region in _order():
        cases = _with_canada(confirmed)[region.code]
        deaths = _deaths(cases)
        for i in range(8, DAYS):
            date = FIRST_DAY + dt.timedelta(i)
            if date.weekday() == 5:
                year, week, _ = date.isocalendar()
                yield (
                    *_names(region), date, week, year, 1, cases[i], cases[i] - cases[i - 7], deaths[i]
                )  # fmt: skip


def _series(folder: Path, confirmed: Mapping[str, Counts]) -> Iterable[Path]:
    dates = [f"{d.month}/{d.day}/{d:%y}" for d in (FIRST_DAY + dt.timedelta(i) for i in range(DAYS))]
    provinces = {regions.get(code).name: _late(counts) for code, counts in confirmed.items()}
    national = _recovered(_late(_with_canada(confirmed)["CA"]))
    tables = {
        "confirmed": [(name, "Canada", "", "", *counts) for name, counts in provinces.items()],
        "deaths": [(name, "Canada", "", "", *_deaths(counts)) for name, counts in provinces.items()],
        "recovered": [("", "Canada", "", "", *national)],
    }
    for kind, rows in tables.items():
        yield _write(folder / f"time_series_covid19_{kind}_global.csv", [*_JHU_HEADER, *dates], rows)


def _late(counts: Counts) -> Counts:
    """JHU shows what the provinces said the day before."""
    return _earlier(counts, 1)


def _order() -> list[regions.Region]:
    return [regions.get(code) for code in ("CA", *regions.PROVINCES)]


def _names(region: regions.Region) -> tuple[int | None, str, str | None]:
    return region.pruid, region.name, region.name_fr


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path
