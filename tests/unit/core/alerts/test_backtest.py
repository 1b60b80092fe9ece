"""What rules would have said of the publishers' real files, report by report: the events that are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from covid_core.alerts.alert import Alert
from covid_core.alerts.backtest import Told, backtest
from covid_core.alerts.rules import Change, Comparison, Correction, Rule, Threshold
from covid_core.alerts.turns import Event
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.rt import SerialInterval
from tests.unit.core.test_formats_real import DATA, JHU, jhu

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="COVID_DATA_DIR is not set")

LOWERED = Correction(
    name="lowered", regions=("CA-ON", "CA-NS"), source="jhu", metric="confirmed", of=Change.DECREASE, size=1
)
RESTATED = Correction(
    name="restated", regions=("CA-ON",), source="jhu", metric="confirmed", of=Change.RESTATEMENT, size=1_000
)
EARLY, MIDDLE, FINAL = (dt.date(2020, 6, 1), dt.date(2021, 1, 22), dt.date(2023, 3, 9))
"""The last days of Johns Hopkins' three vintages, at whose ends they count as reported."""


@cache
def told(*rules: Rule) -> tuple[Told, ...]:
    records = [record for vintage in JHU for record in jhu(vintage).records]
    logged = {
        region: [Logged(record, offset) for offset, record in enumerate(records) if record.region == region]
        for region in ("CA-ON", "CA-NS")
    }
    return tuple(backtest(rules, logged))


def turned(event: Event, *rules: Rule) -> Iterator[tuple[dt.date, Alert]]:
    """The day on which it would have been told, and the alert."""
    for at, turns in told(*rules):
        yield from ((at.date(), turn.after) for turn in turns if turn.event is event and turn.after)


@needs_data
def test_each_report_is_one_moment() -> None:
    assert [one.at.date() for one in told(LOWERED)] == [EARLY, MIDDLE, FINAL]


@needs_data
def test_ontarios_falls_are_told_with_their_sizes() -> None:
    found = {
        alert.onset: (at, alert.old, alert.new, alert.value)
        for at, alert in turned(Event.RAISED, LOWERED)
        if alert.region == "CA-ON" and (alert.value or 0) <= -1_000
    }
    assert found[dt.date(2022, 4, 15)] == (FINAL, 1_221_091, 1_209_898, -11_193)
    assert found[dt.date(2022, 8, 4)] == (FINAL, 1_388_305, 1_377_753, -10_552)
    assert found[dt.date(2022, 3, 18)] == (FINAL, 1_145_534, 1_144_461, -1_073)


@needs_data
def test_nova_scotias_were_told_in_january_2021_and_are_withdrawn_by_the_final_file() -> None:
    days = {dt.date(2021, 1, 10), dt.date(2021, 1, 18)}
    raised = {(at, alert.onset) for at, alert in turned(Event.RAISED, LOWERED) if alert.region == "CA-NS"}
    assert {(MIDDLE, day) for day in days} <= raised
    withdrawn = {(at, one.onset) for at, one in turned(Event.WITHDRAWN, LOWERED) if one.region == "CA-NS"}
    assert {(FINAL, day) for day in days} <= withdrawn


@needs_data
def test_a_file_that_says_otherwise_of_the_past_is_one_alert_of_the_day_it_came() -> None:
    found = {alert.onset: (at, alert) for at, alert in turned(Event.RAISED, RESTATED)}
    assert FINAL in found
    at, alert = found[FINAL]
    assert at == FINAL
    assert alert.old is not None
    assert alert.new is not None
    # 4 April 2020 was 3,630 for a year and is 5,123: what is told is the largest of such.
    assert abs(alert.new - alert.old) >= 5_123 - 3_630
    assert alert.day < MIDDLE


HIGH = Threshold(
    name="high",
    regions=("CA-ON",),
    source="jhu",
    metric="confirmed",
    comparison=Comparison.AT_LEAST,
    value=10,
)
DAY = dt.date(2021, 1, 1)


def said(numbers: Sequence[int], hour: int, offset: int) -> list[Logged]:
    at = dt.datetime.combine(DAY + dt.timedelta(9), dt.time(hour), dt.UTC)
    return [
        Logged(
            Record(
                source="jhu", region="CA-ON", date=DAY + dt.timedelta(place), confirmed=number, reported_at=at
            ),
            offset + place,
        )
        for place, number in enumerate(numbers)
    ]  # fmt: skip


def test_what_was_known_then_decides_whatever_stands_first_in_the_log() -> None:
    later, earlier = said([1, 2, 3], 2, offset=0), said([1, 11, 12], 1, offset=3)
    happened = [
        (one.at.hour, turn.event, turn.after.onset)
        for one in backtest([HIGH], {"CA-ON": [*later, *earlier]})
        for turn in one.turns
        if turn.after
    ]
    onset = DAY + dt.timedelta(1)
    assert happened == [(1, Event.RAISED, onset), (2, Event.WITHDRAWN, onset)]


@pytest.mark.parametrize(("interval", "fires"), [(SerialInterval(), False), (SerialInterval(10, 3), True)])
def test_rt_goes_by_the_serial_interval_that_is_given(interval: SerialInterval, fires: bool) -> None:
    rule = Threshold(
        name="fast", regions=("CA-ON",), source="phac", metric="rt", comparison=Comparison.ABOVE, value=2.0
    )
    first = dt.date(2021, 1, 1)
    records = [
        Record(
            source="phac",
            region="CA-ON",
            date=first + dt.timedelta(day),
            confirmed=round(10_000 * 1.1**day),  # a tenth more each day: Rt is about 1.1 ** mean
            reported_at=dt.datetime(2021, 3, 1, tzinfo=dt.UTC),
        )
        for day in range(40)
    ]
    logged = {"CA-ON": [Logged(record, offset) for offset, record in enumerate(records)]}
    assert any(one.turns for one in backtest([rule], logged, interval)) is fires
