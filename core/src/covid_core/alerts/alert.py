"""The alert, as it stands on the topic `covid.alerts` and in every answer."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from covid_core import decoding
from covid_core.alerts.rules import Severity
from covid_core.catalog.entries import Text


class State(StrEnum):
    """Where an alert stands."""

    ACTIVE = "active"
    """What the rule says was so on the newest day that it looks at."""
    RESOLVED = "resolved"
    """It was so, and is no longer."""
    WITHDRAWN = "withdrawn"
    """It was raised, and by what is known now it never was so: the past was corrected."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of a region. Numbers are in the metric's unit. Days are those of rows, so event time.

    Its identity is rule, region and onset: what is known later may change all else.
    """

    id: Annotated[str, Meta(description="rule:region:onset")]
    rule: Annotated[str, Meta(description="name of the rule")]
    kind: Annotated[str, Meta(description="threshold, growth, interval, stalled or correction")]
    severity: Annotated[Severity, Meta(description="info, warning or critical, as the rule says")]
    title: Annotated[Text, Meta(description="what the rule says, in English and French")]
    region: Annotated[str, Meta(description="ISO 3166 code")]
    source: Annotated[str, Meta(description="whose rows")]
    metric: Annotated[str, Meta(description="the column that the rule looks at")]
    state: Annotated[State, Meta(description="active, resolved or withdrawn")]
    since: Annotated[dt.date, Meta(description="first day of what led to it")]
    onset: Annotated[dt.date, Meta(description="day on which the rule was met")]
    until: Annotated[dt.date | None, Meta(description="day from which it was no longer so")] = None
    day: Annotated[dt.date, Meta(description="newest day of which it was so, and of value")]
    value: Annotated[float | None, Meta(description="the number on that day")] = None
    peak: Annotated[float | None, Meta(description="the worst number while it was so")] = None
    old: Annotated[int | None, Meta(description="of a correction: the count before")] = None
    new: Annotated[int | None, Meta(description="of a correction: the count after")] = None
    as_of: Annotated[dt.date, Meta(description="newest day of the rule's regions when this was decided")]

    @property
    def changed(self) -> dt.date:
        """The day, in event time, of its newest turn: its end where it has one, else its onset."""
        return self.until or self.onset


def alert_id(rule: str, region: str, onset: dt.date) -> str:
    """`rule:region:onset`, e.g. `incidence-high:CA-ON:2021-12-20`. No part has a colon."""
    return f"{rule}:{region}:{onset.isoformat()}"


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Alert)


def encode(alert: Alert) -> bytes:
    """The alert as JSON."""
    return _encoder.encode(alert)


def decode(value: bytes) -> Alert:
    """Raises `msgspec.MsgspecError` when it is none."""
    return decoding.decode(_decoder, value)
