"""What the rules look at, as far as it is known, and the alerts that follow from it.

The alerts are a pure function of the *set* of rows and records taken: of a key's rows the greatest
(generation, revision) counts, records are merged by when they were reported. So any order, repetition and
batching gives the same, and a state is made anew by taking everything once more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from covid_core import corrections
from covid_core.alerts.alert import Alert, State, alert_id
from covid_core.alerts.episodes import Episode, Point, episodes, gaps
from covid_core.alerts.rules import (
    LOWER,
    Change,
    Correction,
    Growth,
    Interval,
    Rule,
    Stalled,
    Threshold,
    columns,
    covered,
)
from covid_core.alerts.words import title
from covid_core.logged import Logged
from covid_core.records import FIELDS, Status
from covid_core.rows import Row, newer

_Place = tuple[str, str]
"""Source and region."""


class _Day(NamedTuple):
    order: tuple[int, int]
    deleted: bool
    cells: tuple[Any, ...]


class _Series:
    """The columns that rules look at, of one source and region."""

    def __init__(self) -> None:
        self.columns: tuple[str, ...] = ()
        self.days: dict[dt.date, _Day] = {}
        self.newest: dt.date | None = None
        self.records: dict[int, Logged] = {}
        """By offset: a region's records stand in one partition."""

    def want(self, names: Iterable[str]) -> None:
        self.columns = tuple(sorted({*self.columns, *names}))

    def take(self, row: Row) -> bool:
        known = self.days.get(row.date)
        if not newer(row, known.order if known else None):
            return False
        cells = tuple(getattr(row, name) for name in self.columns)
        self.days[row.date] = _Day((row.generation, row.revision), row.deleted, cells)
        if row.deleted:
            self.settle()
        elif self.newest is None or row.date > self.newest:
            self.newest = row.date
        return True

    def settle(self) -> None:
        self.newest = max((day for day, one in self.days.items() if not one.deleted), default=None)

    def column(self, name: str) -> Iterator[tuple[dt.date, Any]]:
        """Its cells by date; of deleted rows there are none."""
        place = self.columns.index(name)
        return ((day, one.cells[place]) for day, one in sorted(self.days.items()) if not one.deleted)

    def numbers(self, name: str) -> list[tuple[dt.date, float]]:
        return [(day, number) for day, number in self.column(name) if number is not None]


class Known:
    """What has been taken. Use from one thread."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """`rules`: as `reading.read` gives them."""
        self._rules = {rule.name: rule for rule in rules}
        self._regions = {rule.name: covered(rule) for rule in rules}
        self._series: dict[_Place, _Series] = {}
        self._restated: set[_Place] = set()
        self._found: dict[tuple[str, str], tuple[dt.date, list[Alert]]] = {}
        for rule in rules:
            for region in self._regions[rule.name]:
                self._series.setdefault((rule.source, region), _Series()).want(_cells(rule))
                if isinstance(rule, Correction) and rule.of is Change.RESTATEMENT:
                    self._restated.add((rule.source, region))

    def take(self, rows: Iterable[Row]) -> None:
        """Take rows of `covid.metrics`, in any order."""
        for row in rows:
            place = row.source, row.region
            series = self._series.get(place)
            if series is not None and series.take(row):
                self._forget(place)

    def report(self, logged: Logged) -> None:
        """Take a validated record of `covid.records` out of its region's own partition, in any order.

        Only what sources report counts, not what people corrected.
        """
        record = logged.record
        place = record.source, record.region
        if place in self._restated and not record.correction and not record.withdrawn:
            records = self._series[place].records
            if logged.offset not in records:
                records[logged.offset] = logged
                self._forget(place)

    def drop_before(self, generation: int) -> None:
        """Forget the rows of older generations, once a later one has drained: their keys are no more."""
        for place, series in self._series.items():
            older = [day for day, one in series.days.items() if one.order[0] < generation]
            for day in older:
                del series.days[day]
            if older:
                series.settle()
                self._forget(place)

    def alerts(self) -> dict[str, Alert]:
        """All alerts by id, active and resolved. Only what has changed since the last call is looked at."""
        found: dict[str, Alert] = {}
        for name, rule in self._rules.items():
            horizon = self.horizon(name)
            if horizon is None:
                continue
            for region in self._regions[name]:
                known = self._found.get((name, region))
                if known is None or known[0] != horizon:
                    series = self._series[rule.source, region]
                    known = horizon, list(_alerts(rule, region, series, horizon))
                    self._found[name, region] = known
                found.update((alert.id, alert) for alert in known[1])
        return found

    def horizon(self, name: str) -> dt.date | None:
        """The newest day among the rows of all regions of a rule: event time, as far as it has come."""
        source = self._rules[name].source
        days = (self._series[source, region].newest for region in self._regions[name])
        return max((day for day in days if day is not None), default=None)

    def means(self, alert: Alert) -> bool:
        """Whether one of the rules, as they are now, might say this alert's."""
        rule = self._rules.get(alert.rule)
        return rule is not None and _kind(rule) == alert.kind and alert.region in self._regions[alert.rule]

    def _forget(self, place: _Place) -> None:
        for name, rule in self._rules.items():
            if rule.source == place[0]:
                self._found.pop((name, place[1]), None)


def _cells(rule: Rule) -> tuple[str, ...]:
    """The columns that it looks at, and what says of its metric's numbers what they are or whose."""
    beside: tuple[str, ...] = ()
    if isinstance(rule, Stalled) and rule.metric in FIELDS:
        beside = (f"{rule.metric}_status",)
    elif isinstance(rule, Correction) and rule.of is Change.DECREASE:
        beside = (f"{rule.metric}_source",)
    return (*columns(rule), *beside)


def _kind(rule: Rule) -> str:
    return str(rule.__struct_config__.tag)


def _alerts(rule: Rule, region: str, series: _Series, horizon: dt.date) -> Iterator[Alert]:
    if isinstance(rule, Correction):
        yield from _corrections(rule, region, series, horizon)
        return
    for one in _episodes(rule, series, horizon):
        yield _alert(rule, region, one, horizon)


def _episodes(
    rule: Threshold | Growth | Interval | Stalled, series: _Series, horizon: dt.date
) -> Iterable[Episode]:
    match rule:
        case Threshold():
            points = [
                Point(day, number, rule.comparison.holds(number, rule.value))
                for day, number in series.numbers(rule.metric)
            ]
            return episodes(points, rule.days, horizon, upwards=rule.comparison.upwards)
        case Growth():
            return episodes(_grown(rule, dict(series.numbers(rule.metric))), rule.days, horizon)
        case Interval():
            middle = dict(series.numbers(rule.metric))
            points = [
                Point(day, middle.get(day, lower), lower > rule.value)
                for day, lower in series.numbers(rule.metric + LOWER)
            ]
            return episodes(points, rule.days, horizon)
        case Stalled():
            return gaps(_arrivals(rule, series), rule.days, horizon)


def _grown(rule: Growth, numbers: Mapping[dt.date, float]) -> Iterator[Point]:
    over = dt.timedelta(rule.over)
    for day, number in numbers.items():
        before = numbers.get(day - over)
        if before is not None and before > 0:
            risen = number - before >= rule.rise * before
            yield Point(day, number, risen and number >= rule.least)


def _arrivals(rule: Stalled, series: _Series) -> list[dt.date]:
    """The days on which something new was said. A number that is repeated since no report was due is not
    new; that the series has ended is."""
    cells = series.column(rule.metric)
    if rule.metric not in FIELDS:
        return [day for day, number in cells if number is not None]
    status = dict(series.column(f"{rule.metric}_status"))
    return [
        day
        for day, number in cells
        if (number is not None and status[day] is None) or status[day] == Status.ENDED
    ]


def _corrections(rule: Correction, region: str, series: _Series, horizon: dt.date) -> Iterator[Alert]:
    """One alert a day of event time, of its largest correction: a file may restate hundreds of days."""
    largest: dict[dt.date, corrections.Correction] = {}
    for one in _corrected(rule, region, series):
        onset = one.date if one.reported_at is None else one.reported_at.date()
        if onset not in largest or abs(one.size or 0) > abs(largest[onset].size or 0):
            largest[onset] = one
    for onset, one in sorted(largest.items()):
        end = onset + dt.timedelta(rule.days)
        size = float(one.size or 0)
        episode = Episode(one.date, onset, end if end <= horizon else None, one.date, size, size)
        yield _alert(rule, region, episode, horizon, old=one.old, new=one.new)


def _counted(rule: Correction, region: str, series: _Series) -> Iterator[Row]:
    source = f"{rule.metric}_source"
    whose = dict(series.column(source))
    for day, number in series.column(rule.metric):
        yield Row(rule.source, region, day, **{rule.metric: number, source: whose[day]})


def _corrected(rule: Correction, region: str, series: _Series) -> Iterator[corrections.Correction]:
    if rule.of is Change.DECREASE:
        kind = corrections.Kind.DECREASED
        found = corrections.along(_counted(rule, region, series))
    else:
        kind = corrections.Kind.RESTATED
        found = corrections.between(series.records.values())
    for one in found:
        if one.kind is kind and one.field == rule.metric and one.size and abs(one.size) >= rule.size:
            yield one


def _alert(
    rule: Rule, region: str, one: Episode, horizon: dt.date, *, old: int | None = None, new: int | None = None
) -> Alert:
    return Alert(
        id=alert_id(rule.name, region, one.onset),
        rule=rule.name,
        kind=_kind(rule),
        severity=rule.severity,
        title=title(rule),
        region=region,
        source=rule.source,
        metric=rule.metric,
        state=State.ACTIVE if one.until is None else State.RESOLVED,
        since=one.since,
        onset=one.onset,
        until=one.until,
        day=one.day,
        value=float(one.number),
        peak=float(one.peak),
        old=old,
        new=new,
        as_of=horizon,
    )
