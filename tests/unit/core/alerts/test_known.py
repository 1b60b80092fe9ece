"""The alerts of each kind of rule; and that order, repetition and batches of what is taken change nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covid_core.alerts.alert import Alert, State, decode, encode
from covid_core.alerts.known import Known
from covid_core.alerts.reading import default, read
from covid_core.alerts.rules import Change, Comparison, Correction, Growth, Rule, Stalled, Threshold
from covid_core.alerts.turns import Event, turns
from covid_core.logged import Logged
from covid_core.records import Record
from covid_core.rows import Row
from tests.unit.core.random_logs import Stores, logged, logs, split

FIRST = dt.date(2021, 12, 1)
HIGH = Threshold(
    name="high", regions=("CA-ON", "CA-QC"), metric="confirmed", comparison=Comparison.ABOVE, value=10, days=2
)
RISING = Growth(name="rising", regions=("CA-ON",), metric="confirmed", rise=0.5, over=1, least=6)
STALLED = Stalled(name="stalled", regions=("CA-ON", "CA-QC"), metric="confirmed", days=2)
LOWERED = Correction(
    name="lowered", regions=("CA-ON",), metric="confirmed", of=Change.DECREASE, size=5, days=3
)
RESTATED = msgspec.structs.replace(LOWERED, name="restated", source="phac", of=Change.RESTATEMENT)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(number)


def row(place: int, confirmed: int | None, region: str = "CA-ON", revision: int = 1, **more: Any) -> Row:
    return Row("merged", region, day(place), confirmed, revision=revision, **more)


def rows(numbers: Sequence[int | None], region: str = "CA-ON", revision: int = 1) -> list[Row]:
    return [row(place, number, region, revision) for place, number in enumerate(numbers)]


def known(rules: Sequence[Rule], *taken: Row) -> Known:
    found = Known(rules)
    found.take(taken)
    return found


def briefly(of: Known) -> list[tuple[str, str, str]]:
    return sorted((one.id, one.state.value, one.day.isoformat()) for one in of.alerts().values())


def test_a_threshold_is_of_each_region_for_itself() -> None:
    found = known([HIGH], *rows([1, 11, 12, 13, 2]), *rows([1, 1, 1, 20, 30], "CA-QC"))
    assert briefly(found) == [
        ("high:CA-ON:2021-12-03", "resolved", "2021-12-04"),
        ("high:CA-QC:2021-12-05", "active", "2021-12-05"),
    ]
    ontario = found.alerts()["high:CA-ON:2021-12-03"]
    assert (ontario.since, ontario.until, ontario.value, ontario.peak) == (day(1), day(4), 13, 13)
    assert decode(encode(ontario)) == ontario


def test_below_a_threshold_the_least_number_is_the_worst() -> None:
    low = msgspec.structs.replace(HIGH, comparison=Comparison.AT_MOST, value=5.0)
    (one,) = known([low], *rows([9, 5, 3, 4])).alerts().values()
    assert (one.value, one.peak) == (4, 3)


def test_growth_needs_both_ends_and_a_number_that_is_not_small() -> None:
    found = known([RISING], *rows([0, 4, 6, 9, 13, None, 30, 31]))
    # 0 to 4 has no fraction, 4 to 6 and 6 to 9 are half more, 9 to 13 is less, and 30 has no day before it.
    assert briefly(found) == [("rising:CA-ON:2021-12-03", "resolved", "2021-12-04")]


def test_an_epidemic_grows_while_the_whole_interval_of_rt_is_above_one() -> None:
    """The package's own rule, for 7 days; a day without an estimate is passed over and does not end them."""
    (rule,) = (each for each in read(default()) if each.name == "rt-above-one")
    lower = [1.2, 0.99, *[1.01] * 3, None, *[1.1] * 3, 1.3, 1.2, 0.9]
    found = known(
        [rule],
        *(
            row(place, 100, rt=None if low is None else low + 0.2, rt_lower=low, rt_upper=3.0)
            for place, low in enumerate(lower)
        ),
    )
    (one,) = found.alerts().values()
    assert (one.state, one.since, one.until) == ("resolved", day(2), day(11))
    assert (one.id, one.peak) == ("rt-above-one:CA-ON:2021-12-10", pytest.approx(1.5))


def test_a_stall_is_judged_by_the_newest_day_of_the_others() -> None:
    ontario = rows([1, 2, 3])
    assert briefly(known([STALLED], *ontario)) == []
    quebec = rows([1, 2, 3, 4, 5], "CA-QC")
    assert briefly(known([STALLED], *ontario, *quebec)) == []
    (one,) = known([STALLED], *ontario, *quebec, row(5, 6, "CA-QC")).alerts().values()
    assert (one.id, one.state, one.since, one.value) == ("stalled:CA-ON:2021-12-06", "active", day(3), 3)


def test_a_number_that_is_repeated_is_no_arrival_and_an_end_is_one() -> None:
    quebec = rows([1, 2, 3, 4, 5, 6], "CA-QC")
    ontario = [row(0, 1), *(row(place, 1, confirmed_status="not_due") for place in range(1, 6))]
    assert briefly(known([STALLED], *quebec, *ontario)) == [
        ("stalled:CA-ON:2021-12-04", "active", "2021-12-06")
    ]
    ended = [row(0, 1), *(row(place, None, confirmed_status="ended") for place in range(1, 6))]
    assert briefly(known([STALLED], *quebec, *ended)) == []


def test_a_count_that_falls_is_active_for_some_days() -> None:
    fallen = rows([100, 96, 90, 91])
    (one,) = known([LOWERED], *fallen).alerts().values()
    assert (one.id, one.state, one.old, one.new, one.value) == (
        "lowered:CA-ON:2021-12-03", "active", 96, 90, -6,
    )  # fmt: skip
    (one,) = known([LOWERED], *fallen, row(5, 92)).alerts().values()
    assert (one.state, one.until) == ("resolved", day(5))


def test_where_another_source_goes_on_no_count_has_fallen() -> None:
    weekly = {"confirmed_source": "phac-weekly"}
    followed = [row(0, 100, confirmed_source="phac"), row(1, 90, **weekly), row(2, 95, **weekly)]
    assert briefly(known([LOWERED], *followed)) == []
    (one,) = known([LOWERED], *followed, row(4, 85, **weekly)).alerts().values()
    assert (one.day, one.old, one.new) == (day(4), 95, 85)


def said(place: int, confirmed: int, hour: int, offset: int, **more: Any) -> Logged:
    at = dt.datetime.combine(day(3), dt.time(hour), dt.UTC)
    record = Record(
        source="phac", region="CA-ON", date=day(place), confirmed=confirmed, reported_at=at, **more
    )
    return Logged(record, offset)


def test_a_report_that_says_otherwise_is_of_the_day_on_which_it_came() -> None:
    found = Known([RESTATED])
    found.take([Row("phac", "CA-ON", day(3), 9, revision=9)])
    for one in (
        said(0, 10, 1, 0), said(1, 10, 1, 1), said(0, 16, 2, 2), said(1, 18, 2, 3),
        said(1, 99, 3, 4, correction=True),
    ):  # fmt: skip
        found.report(one)
    (alert,) = found.alerts().values()
    assert (alert.id, alert.day, alert.old, alert.new) == ("restated:CA-ON:2021-12-04", day(1), 10, 18)


def test_what_is_told_is_raised_updated_resolved_or_withdrawn_once() -> None:
    told: dict[str, Alert] = {}
    state = Known([HIGH, STALLED])

    def tell() -> list[tuple[str, Event | None]]:
        found = list(turns(told, state))
        told.update({turn.after.id: turn.after for turn in found if turn.after})
        assert not list(turns(told, state)), "told twice"
        return [((turn.after or turn.before).id, turn.event) for turn in found]  # type: ignore[union-attr]

    state.take(rows([1, 11, 12]))
    assert tell() == [("high:CA-ON:2021-12-03", Event.RAISED)]
    state.take([row(3, 13)])
    assert tell() == [("high:CA-ON:2021-12-03", Event.UPDATED)]
    state.take([row(4, 3)])
    assert tell() == [("high:CA-ON:2021-12-03", Event.RESOLVED)]
    state.take([row(2, 2, revision=2)])
    assert tell() == [("high:CA-ON:2021-12-03", Event.WITHDRAWN)]
    state.take([row(2, 12, revision=3)])
    assert tell() == [("high:CA-ON:2021-12-03", Event.RAISED)]


def test_data_that_come_at_last_resolve_a_stall_though_they_fill_its_days() -> None:
    state = known([STALLED], *rows([1]), *rows([1, 2, 3, 4, 5], "CA-QC"))
    told = {turn.after.id: turn.after for turn in turns({}, state) if turn.after}
    state.take(rows([1, 2, 3, 4, 5], revision=2))
    (turn,) = turns(told, state)
    assert turn.event is Event.RESOLVED
    assert turn.after is not None
    assert (turn.after.state, turn.after.until) == (State.RESOLVED, day(4))
    assert not list(turns({turn.after.id: turn.after}, state))


def test_alerts_of_rules_that_are_no_more_are_taken_away() -> None:
    state = known([HIGH], *rows([11, 12]))
    told = state.alerts()
    elsewhere = Known([msgspec.structs.replace(HIGH, regions=("CA-QC",))])
    assert [turn.after for turn in turns(told, elsewhere)] == [None]
    assert [turn.event for turn in turns(told, elsewhere)] == [None]


def test_rows_of_a_generation_that_is_no_more_say_nothing() -> None:
    state = known([HIGH], *rows([11, 12]))
    assert state.alerts()
    state.drop_before(2)
    assert state.alerts() == {}


ALL = (
    msgspec.structs.replace(HIGH, regions=("CA-ON", "CA"), value=100.0),
    msgspec.structs.replace(RISING, regions=("CA-ON", "CA"), metric="avg7_confirmed", least=0.0),
    msgspec.structs.replace(STALLED, regions=("CA-ON", "CA")),
    msgspec.structs.replace(LOWERED, regions=("CA-ON", "CA"), source="phac"),
    msgspec.structs.replace(RESTATED, regions=("CA-ON", "CA")),
)


Message = Logged | Row


@st.composite
def batches(draw: st.DrawFn) -> list[list[Message]]:
    """What stands on both topics after each of the stream's batches, in the log's order."""
    log, cuts = logged(draw(logs())), draw(st.lists(st.integers(0, 60), max_size=4))
    stores = Stores()
    return [[*batch, *stores.apply(batch)] for batch in split(log, cuts)]


@settings(max_examples=40, deadline=None)
@given(batches(), st.data())
def test_any_order_repetition_and_batches_give_the_same_alerts(
    steps: Sequence[Sequence[Message]], data: st.DataObject
) -> None:
    messages = [one for step in steps for one in step]
    straight, mixed = Known(ALL), Known(ALL)
    for one in messages:
        take(straight, one)
    again = data.draw(st.lists(st.sampled_from(messages), max_size=9))
    looked = data.draw(st.sets(st.integers(0, len(messages)), max_size=4))
    for place, one in enumerate(data.draw(st.permutations([*messages, *again]))):
        take(mixed, one)
        if place in looked:
            mixed.alerts()
    assert mixed.alerts() == straight.alerts()


@settings(max_examples=40, deadline=None)
@given(batches())
def test_who_follows_every_turn_ends_with_the_alerts_that_are(steps: Sequence[Sequence[Message]]) -> None:
    state, told = Known(ALL), dict[str, Alert]()
    for step in steps:
        for one in step:
            take(state, one)
        for turn in list(turns(told, state)):
            assert turn.after is not None
            assert turn.before == told.get(turn.after.id)
            told[turn.after.id] = turn.after
    now = state.alerts()
    assert undated(told, now) == undated(now, now)
    assert all(alert.state is not State.ACTIVE for name, alert in told.items() if name not in now)


def undated(alerts: Mapping[str, Alert], among: Mapping[str, Alert]) -> dict[str, Alert]:
    """Those among some, without the day on which they were decided."""
    chosen = {name: alert for name, alert in alerts.items() if name in among}
    return {name: msgspec.structs.replace(alert, as_of=FIRST) for name, alert in chosen.items()}


def take(state: Known, one: Message) -> None:
    if isinstance(one, Row):
        state.take([one])
    else:
        state.report(one)
