"""From rows to what a chart shows: one number a day, or why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from covid_charts.words import UNIT, Gap
from covid_core.metrics import INPUTS
from covid_core.records import FIELDS, Status
from covid_core.rows import KEY, Row

Floats = npt.NDArray[np.float64]

METRICS: Final = tuple(UNIT)
"""What can be drawn: the counts, and the metrics of a row."""

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({**{f: (f,) for f in FIELDS}, **INPUTS})
_CHANGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{field: f"new_{field}" for field in FIELDS},
        **{f"new_{field}": f"new_{field}" for field in FIELDS},
        "incidence": "new_confirmed",
    }
)
"""Where a correction shows as a step of one day, the column that tells its size."""

_AVERAGES: Final[Mapping[str, str]] = MappingProxyType({f"new_{field}": f"avg7_{field}" for field in FIELDS})


class Run(NamedTuple):
    """Days in a row, by their place on the grid, that have no number of their own for one reason."""

    gap: Gap
    start: int
    length: int


class Correction(NamedTuple):
    """A day, by its place on the grid, on which the cumulative count went down, and by how much (< 0)."""

    at: int
    change: int


class Part(NamedTuple):
    """First and last day on which a source gave the number."""

    source: str
    first: dt.date
    last: dt.date


class Series(NamedTuple):
    """A metric on a contiguous grid of n days.

    `values`: float64 (n,), NaN where there is no number. `average`: for new counts their 7-day average,
    likewise, else None. A day of `gaps` may have a number: one that was repeated because none was due.
    """

    source: str
    region: str
    metric: str
    first: dt.date
    values: Floats
    average: Floats | None
    gaps: tuple[Run, ...]
    corrections: tuple[Correction, ...]
    parts: tuple[Part, ...]

    @property
    def last(self) -> dt.date:
        """The last day of the grid."""
        return self.first + dt.timedelta(days=self.values.size - 1)


def columns(metric: str) -> tuple[str, ...]:
    """The columns of a row that a chart needs; others may be left out. Raises `KeyError`."""
    wanted = [*KEY, metric]
    for field in _COUNTS[metric]:
        wanted += [field, f"{field}_status", f"{field}_source"]
    wanted += [table[metric] for table in (_CHANGES, _AVERAGES) if metric in table]
    return tuple(dict.fromkeys(wanted))


def series(rows: Sequence[Row], metric: str) -> Series:
    """What a chart of these rows shows. Deleted rows count as absent.

    Raises `KeyError` for a metric that is not of `METRICS`, `ValueError` for no live row at all, and for
    rows of several sources or regions.
    """
    counts = _COUNTS[metric]
    whose = {(row.source, row.region) for row in rows}
    if len(whose) > 1:
        raise ValueError(f"rows of one source and region are due, these are of {len(whose)}")
    live = {row.date: row for row in rows if not row.deleted}
    if not live:
        raise ValueError("there are no rows to draw")
    ((source, region),) = whose
    first, last = min(live), max(live)
    grid = [live.get(first + dt.timedelta(days=i)) for i in range((last - first).days + 1)]
    average = _AVERAGES.get(metric)
    change = _CHANGES.get(metric)
    return Series(
        source,
        region,
        metric,
        first,
        _numbers(grid, metric),
        None if average is None else _numbers(grid, average),
        _runs([_gap(row, metric, counts) for row in grid]),
        () if change is None else _corrections(grid, change),
        _parts(grid, [metric, average] if average else [metric], counts[0]),
    )


def _value(row: Row | None, column: str) -> Any:
    return None if row is None else getattr(row, column)


def _numbers(grid: Sequence[Row | None], column: str) -> Floats:
    values = (_value(row, column) for row in grid)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _gap(row: Row | None, metric: str, counts: Sequence[str]) -> Gap | None:
    if row is None:
        return Gap.NO_REPORT
    statuses = [(getattr(row, field), getattr(row, f"{field}_status")) for field in counts]
    if getattr(row, metric) is not None:
        return Gap.NOT_DUE if any(status == Status.NOT_DUE for _, status in statuses) else None
    said = [status for number, status in statuses if number is None and status is not None]
    if said:
        return Gap(said[0])
    return Gap.NO_REPORT if any(number is None for number, _ in statuses) else Gap.UNDEFINED


def _runs(gaps: Sequence[Gap | None]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for at, gap in enumerate(gaps):
        if gap is None:
            continue
        if runs and runs[-1].gap is gap and runs[-1].start + runs[-1].length == at:
            runs[-1] = runs[-1]._replace(length=runs[-1].length + 1)
        else:
            runs.append(Run(gap, at, 1))
    return tuple(runs)


def _corrections(grid: Sequence[Row | None], column: str) -> tuple[Correction, ...]:
    changes = ((at, _value(row, column)) for at, row in enumerate(grid))
    return tuple(Correction(at, change) for at, change in changes if change is not None and change < 0)


def _parts(grid: Sequence[Row | None], shown: Sequence[str], field: str) -> tuple[Part, ...]:
    days: dict[str, list[dt.date]] = {}
    for row in grid:
        if row is not None and any(getattr(row, column) is not None for column in shown):
            days.setdefault(getattr(row, f"{field}_source") or row.source, []).append(row.date)
    return tuple(Part(source, given[0], given[-1]) for source, given in days.items())
