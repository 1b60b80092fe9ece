"""From cells to rows: lays days on a grid, computes the metrics, and packs everything into rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from math import isnan
from typing import Any, Final, NamedTuple

import numpy as np

from covid_core.daily_cases import Reports
from covid_core.merged import PRECEDENCE, Spans
from covid_core.merging import NOTHING, Effective
from covid_core.metrics import LOOKBACK, Floats, Window, compute
from covid_core.months import Months
from covid_core.records import FIELDS, MERGED, Status
from covid_core.regions import population
from covid_core.reproduction import NO_ESTIMATE, estimates
from covid_core.rows import COLUMNS, ColumnType, Row
from covid_core.rt import REACH, SerialInterval

_INTEGERS: Final = frozenset(column.name for column in COLUMNS if column.type is ColumnType.INT64)
_FIELDS: Final = range(len(FIELDS))
_CONFIRMED: Final = FIELDS.index("confirmed")
_NAN: Final = float("nan")
_NO_CODES: Final = (0, 0, 0, 0)

Codes = tuple[int, ...]
"""For each field, the index into `View.sources` of the source that it is taken from."""


class Seen(NamedTuple):
    """What a row of one day is made of. A row that is not live is a tombstone."""

    cells: Effective
    codes: Codes
    exists: bool
    live: bool


class Cases(NamedTuple):
    """What a row's Rt sees of a day: the count (NaN: null), whether a report was due, whose they
    are."""

    cumulative: float
    due: bool
    code: int


class View(NamedTuple):
    """How one source's rows see the state of a day, and the sources its codes stand for.

    `cases` is what `seen` says of confirmed cases alone, for the many days that only Rt looks at.
    """

    source: str
    sources: tuple[str, ...]
    seen: Callable[[int], Seen]
    cases: Callable[[int], Cases]


def source_view(months: Months, source: str) -> View:
    """The rows of one reported source."""

    def seen(day: int) -> Seen:
        cells = months.effective(source, day)
        return Seen(cells or NOTHING, _NO_CODES, cells is not None, bool(cells) and cells != NOTHING)

    def cases(day: int) -> Cases:
        return _cases(months.effective(source, day), 0)

    return View(source, (source,), seen, cases)


def merged_view(months: Months, spans: Spans) -> View:
    """The rows of `merged`, each field from its chosen publisher. A row is live while any publisher's is."""

    def seen(day: int) -> Seen:
        known = [months.effective(source, day) for source in PRECEDENCE]
        codes = tuple(spans.chosen(field, day) for field in _FIELDS)
        a, b, c, d = ((known[code] or NOTHING)[field] for field, code in enumerate(codes))
        exists = any(cells is not None for cells in known)
        live = any(cells is not None and cells != NOTHING for cells in known)
        return Seen((a, b, c, d), codes, exists, live)

    def cases(day: int) -> Cases:
        code = spans.chosen(_CONFIRMED, day)
        return _cases(months.effective(PRECEDENCE[code], day), code)

    return View(MERGED, PRECEDENCE, seen, cases)


def _cases(cells: Effective | None, code: int) -> Cases:
    cell = None if cells is None else cells[_CONFIRMED]
    if cell is None or cell.number is None:
        return Cases(_NAN, True, code)
    return Cases(cell.number, cell.status != Status.NOT_DUE, code)


def build(
    view: View, region: str, days: Sequence[int], revision: int, generation: int, *, interval: SerialInterval
) -> Iterator[Row]:
    """The rows of the given days (sorted ordinals), computed in as few windows as the days allow."""
    for run in _runs(days):
        yield from _build_run(view, region, run, revision, generation, interval=interval)


def _runs(days: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split where the gap is wider than what Rt looks back, so that sparse days do not make long windows."""
    start = 0
    for i in range(1, len(days) + 1):
        if i == len(days) or days[i] - days[i - 1] > REACH:
            yield days[start:i]
            start = i


def _build_run(
    view: View, region: str, run: Sequence[int], revision: int, generation: int, *, interval: SerialInterval
) -> Iterator[Row]:
    first = run[0] - LOOKBACK
    grid = [view.seen(day) for day in range(first, run[-1] + 1)]
    metrics = {
        name: _nullable(name, values) for name, values in compute(_window(grid), population(region)).items()
    }
    reproduction = estimates(_reports(view, run[0] - REACH, run[-1]), interval)
    for day in run:
        i = day - first
        if grid[i].exists:
            live = grid[i].live
            row_metrics = [values[i] for values in metrics.values()]
            estimate = reproduction[day - run[0]] if live else NO_ESTIMATE
            values = _said(view, region, day, grid[i])
            values += [*row_metrics, not live, revision, generation, _lineage(grid[i]), *estimate]
            yield Row(*values)


def _reports(view: View, first: int, last: int) -> Reports:
    counts, due, codes = zip(*map(view.cases, range(first, last + 1)), strict=True)
    return Reports(np.array(counts, np.float64), np.array(due, np.bool_), np.array(codes, np.int8))


def _window(grid: Sequence[Seen]) -> Window:
    nan = float("nan")
    counts = [[nan if c is None or c.number is None else c.number for c in seen.cells] for seen in grid]
    codes = [seen.codes for seen in grid]
    return Window(np.array(counts, dtype=np.float64).T, np.array(codes, dtype=np.int8).T)


def _nullable(name: str, values: Floats) -> list[float | int | None]:
    if name in _INTEGERS:
        return [None if isnan(x) else int(x) for x in values.tolist()]
    return [None if isnan(x) else x for x in values.tolist()]


def _said(view: View, region: str, day: int, seen: Seen) -> list[Any]:
    cells = seen.cells
    return [
        view.source,
        region,
        dt.date.fromordinal(day),
        *(None if cell is None else cell.number for cell in cells),
        *(None if cell is None else cell.status for cell in cells),
        *(None if cell is None else view.sources[code] for cell, code in zip(cells, seen.codes, strict=True)),
    ]


def _lineage(seen: Seen) -> str:
    return ",".join(map(str, sorted({cell.offset for cell in seen.cells if cell is not None})))
