"""What is to be told when what is known has changed: the difference of two sets of alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from covid_core.alerts.alert import Alert, State
from covid_core.alerts.known import Known


class Event(StrEnum):
    """What has happened to an alert."""

    RAISED = "raised"
    UPDATED = "updated"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Turn(NamedTuple):
    """An alert as it was told before (None: never) and as it is now (None: no rule means it any more)."""

    before: Alert | None
    after: Alert | None

    @property
    def event(self) -> Event | None:
        """What has happened; None where there is nothing to tell but that it is no more."""
        if self.after is None:
            return None
        if self.before is None or self.before.state is State.WITHDRAWN:
            return Event.RAISED
        if self.after.state is self.before.state:
            return Event.UPDATED
        return {
            State.ACTIVE: Event.RAISED,
            State.RESOLVED: Event.RESOLVED,
            State.WITHDRAWN: Event.WITHDRAWN,
        }[self.after.state]


def turns(told: Mapping[str, Alert], known: Known) -> Iterator[Turn]:
    """How what was told, by id, differs from what is known: nothing where they agree.

    What was raised and is no longer among the alerts is withdrawn, but for a stall: of it nothing was wrong,
    data came and filled the days, so it is resolved.
    """
    now = known.alerts()
    for name, alert in now.items():
        before = told.get(name)
        if before is None or not _same(before, alert):
            yield Turn(before, alert)
    for name, before in told.items():
        if name in now:
            continue
        if not known.means(before):
            yield Turn(before, None)
        elif before.state is State.ACTIVE or (before.state is State.RESOLVED and before.kind != "stalled"):
            yield Turn(before, _gone(before, known))


def _same(one: Alert, other: Alert) -> bool:
    return msgspec.structs.replace(one, as_of=other.as_of) == other


def _gone(before: Alert, known: Known) -> Alert:
    horizon = known.horizon(before.rule) or before.as_of
    if before.kind == "stalled":
        return msgspec.structs.replace(before, state=State.RESOLVED, until=horizon, as_of=horizon)
    return msgspec.structs.replace(before, state=State.WITHDRAWN, as_of=horizon)
