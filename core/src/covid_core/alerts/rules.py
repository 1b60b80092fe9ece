"""Rules of alerts as values, one kind a type. `reading` makes them from a file.

A rule looks at one metric of one source, in every region that it names, each for itself. Time is event time:
the days that rows are of. No rule looks at a clock, so that the same rows give the same alerts at any time.
"""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from covid_core import regions
from covid_core.catalog.entries import Text
from covid_core.records import MERGED

Days = Annotated[int, Meta(ge=1, le=366)]
Number = Annotated[float, Meta(ge=-1e15, le=1e15)]
"""No infinity: JSON has none."""


class Severity(StrEnum):
    """How much an alert matters, in the rule's judgement."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Comparison(StrEnum):
    """How a number is compared with the rule's."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="

    @property
    def upwards(self) -> bool:
        """Whether greater numbers are the worse ones."""
        return self in (Comparison.ABOVE, Comparison.AT_LEAST)

    def holds(self, number: float, limit: float) -> bool:
        """Whether `number` stands in this relation to `limit`."""
        if self is Comparison.ABOVE:
            return number > limit
        if self is Comparison.AT_LEAST:
            return number >= limit
        return number < limit if self is Comparison.BELOW else number <= limit


class Change(StrEnum):
    """Which corrections a rule means (`covid_core.corrections` finds them)."""

    DECREASE = "decrease"
    """A cumulative count that is less than the last one before it, of the same source."""
    RESTATEMENT = "restatement"
    """A later report of the source says something else of a day."""


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all rules have.

    `name`: identifies it among its file's. `regions`: codes, or patterns with `*` and `?`; a pattern means
    places alone, not people counted apart from any (`CA-XR`). `title`: in place of the one made of the rule.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    regions: Annotated[tuple[str, ...], Meta(min_length=1)]
    metric: str
    source: str = MERGED
    severity: Severity = Severity.WARNING
    title: Text | None = None


class Threshold(Base, frozen=True, kw_only=True, tag="threshold"):
    """The metric compares with `value` (in the metric's unit) on so many days in a row.

    Days without a number are passed over.
    """

    comparison: Comparison
    value: Number
    days: Days = 1


class Growth(Base, frozen=True, kw_only=True, tag="growth"):
    """The metric has risen by the fraction `rise` (0.5: by half) over `over` days, on so many days in a row.

    It counts only where the metric is `least` or more: small numbers double by themselves. From zero or less
    no fraction can be told, so such days say nothing.
    """

    rise: Annotated[float, Meta(gt=0, le=1e6)]
    over: Days = 7
    least: Number = 0.0
    days: Days = 1


class Interval(Base, frozen=True, kw_only=True, tag="interval"):
    """The lower end of the metric's interval, its column `METRIC_lower`, is above `value` so many days."""

    value: Number
    days: Days = 1


class Stalled(Base, frozen=True, kw_only=True, tag="stalled"):
    """No number has come for more than `days` days, while other regions of the rule have newer ones.

    What counts are the days without a number: not the day of the last one before, nor that of the next.
    Event time: what is late is judged by the newest day among all the rule's regions. When all of them stop
    at once that time stands still, and no rule can tell; what the producer last fetched can.
    """

    days: Days


class Correction(Base, frozen=True, kw_only=True, tag="correction"):
    """A count was corrected by `size` or more: persons (tests: tests), of either sign for a restatement.

    Such an alert stays active for `days` days of event time.
    """

    of: Change
    size: Annotated[int, Meta(ge=1)]
    days: Days = 14


Rule = Threshold | Growth | Interval | Stalled | Correction

LOWER: Final = "_lower"
UPPER: Final = "_upper"


def columns(rule: Rule) -> tuple[str, ...]:
    """The columns of a row that the rule looks at."""
    if isinstance(rule, Interval):
        return rule.metric, rule.metric + LOWER, rule.metric + UPPER
    return (rule.metric,)


def covers(rule: Rule, region: str) -> bool:
    """Whether the rule is for a region that is known."""
    return any(_matches(pattern, region) for pattern in rule.regions)


def covered(rule: Rule) -> tuple[str, ...]:
    """The codes of its regions."""
    return tuple(region.code for region in regions.ALL if covers(rule, region.code))


def _matches(pattern: str, region: str) -> bool:
    if pattern == region:
        return True
    return fnmatchcase(region, pattern) and regions.get(region).kind is not regions.Kind.GROUP
