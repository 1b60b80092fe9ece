"""Of which turns the receiver is told: of news once, and of the end of what it was told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from covid_alerts.delivery import Due
from covid_core.alerts.alert import Alert, State
from tests.unit.alerts.test_webhook import ALERT, DAY

LATER = DAY + dt.timedelta(3)
LONG_AGO = DAY - dt.timedelta(300)


def alert(**changes: Any) -> Alert:
    return msgspec.structs.replace(ALERT, **changes)


RESOLVED = alert(state=State.RESOLVED, until=LATER, as_of=LATER)
HISTORY = alert(since=LONG_AGO, onset=LONG_AGO, until=LONG_AGO, state=State.RESOLVED)


def test_an_alert_is_told_once_and_its_end_once() -> None:
    due = Due({}, 14)
    assert due(ALERT)
    due.done(ALERT)
    assert not due(ALERT)
    assert not due(alert(value=300.0, as_of=LATER))
    assert due(RESOLVED)
    due.done(RESOLVED)
    assert not due(RESOLVED)
    assert due(ALERT), "raised again"


def test_what_history_says_is_no_news() -> None:
    due = Due({}, 14)
    assert not due(HISTORY)
    assert not due(alert(onset=LONG_AGO, since=LONG_AGO))
    assert due(alert(as_of=DAY + dt.timedelta(14)))
    assert not due(alert(as_of=DAY + dt.timedelta(15)))


def test_who_was_told_is_told_that_it_never_was_so_and_nobody_else() -> None:
    withdrawn = alert(state=State.WITHDRAWN)
    assert not Due({}, 14)(withdrawn)
    assert Due({ALERT.id: ALERT}, 14)(withdrawn)


def test_after_a_restart_what_was_delivered_is_not_told_again() -> None:
    due = Due({ALERT.id: ALERT}, 14)
    assert not due(ALERT)
    assert due(RESOLVED)
    assert not Due({ALERT.id: RESOLVED}, 14)(RESOLVED)


@pytest.mark.parametrize("state", [State.RESOLVED, State.WITHDRAWN])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_told_has_ended_and_is_active_again_is_told_however_long_ago_it_began(
    state: State, restarted: bool
) -> None:
    now = DAY + dt.timedelta(40)
    ended, again = alert(state=state, until=LATER, as_of=now), alert(as_of=now)
    due = Due({ALERT.id: ALERT}, 14)
    assert due(ended)
    due.done(ended)
    if restarted:
        due = Due({ended.id: ended}, 14)
    assert due(again)
    due.done(again)
    assert not due(again)
    assert due(ended)


def test_the_end_of_a_long_alert_is_told_after_a_restart_too() -> None:
    long = alert(onset=LONG_AGO, since=LONG_AGO)
    end = alert(onset=LONG_AGO, since=LONG_AGO, state=State.WITHDRAWN)
    assert Due({long.id: long}, 14)(end)
