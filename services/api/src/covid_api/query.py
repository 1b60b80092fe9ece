"""The parameters of `/v1/metrics` and `/v1/stream`, and what other routes share of them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from covid_api.formats import Format
from covid_api.past import CARRIED
from covid_api.problems import Problem
from covid_core import regions
from covid_core.alerts.alert import Alert, State
from covid_core.alerts.rules import Severity
from covid_core.catalog.measures import MEASURES
from covid_core.corrections import Correction, Kind
from covid_core.disagreement import Disagreement
from covid_core.records import FIELDS, MERGED, SLUG
from covid_core.replay import Moment
from covid_core.rows import COLUMNS, KEY, Column

MAX_LIMIT: Final = 5_000
"""Most rows of a page, so that a page fits in memory. Without a limit all rows are streamed."""

MAX_NAMES: Final = 500
"""Most values of a parameter that is repeated: there are fewer regions."""

MOST_LAG: Final = 3650
"""Days."""

_SLUG: Final = f"^{SLUG.pattern}$"
Slug = Annotated[str, Field(pattern=_SLUG)]

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

OFFERED: Final = tuple(column for column in COLUMNS if column.name != "deleted")
"""The columns that can be asked for; deleted rows are never shown."""


def _day(value: Any) -> dt.date:
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise ValueError("a date is YYYY-MM-DD")
    return dt.date.fromisoformat(value)


Day = Annotated[dt.date, BeforeValidator(_day)]


def _instant(value: Any) -> dt.datetime:
    try:
        if _ISO_DATE.fullmatch(value):
            return dt.datetime.combine(dt.date.fromisoformat(value), dt.time.max, dt.UTC)
        found = dt.datetime.fromisoformat(value)
        utc = None if found.tzinfo is None else found.astimezone(dt.UTC)
    # Overflow: the first or last day of all, with an offset that leads beyond it.
    except (TypeError, ValueError, OverflowError):
        utc = None
    if utc is None:
        # A space is what a plus sign in an address means.
        raise ValueError("a moment is YYYY-MM-DD, its end in UTC, or YYYY-MM-DDThh:mm:ss with Z or an offset")
    return utc


Instant = Annotated[dt.datetime, BeforeValidator(_instant)]
"""A day, its end in UTC, or a time with its zone."""


class Regional(BaseModel):
    """Of which regions. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    region: list[str] = Field(
        [], max_length=MAX_NAMES, description="ISO 3166 codes; repeat, or separate by commas; none: all"
    )

    def region_codes(self) -> tuple[str, ...]:
        """The regions asked for, sorted, each once. Raises 422 for an unknown one."""
        codes = _split(self.region)
        unknown = sorted(code for code in codes if not regions.is_known(code))
        if unknown:
            detail = f"region: not a known ISO 3166 code such as CA or CA-ON: {_quoted(unknown)}"
            raise Problem(422, detail, code="unknown-region")
        return tuple(sorted(codes))


def check_order(first: dt.date, last: dt.date) -> None:
    """Raise 422 when the dates are the wrong way round."""
    if first > last:
        raise Problem(422, f"from: {first} is after to: {last}", code="invalid-parameter")


class Period(BaseModel):
    """Whose numbers, and of which days. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(MERGED, pattern=_SLUG, description="whose numbers", examples=["merged"])
    first: Day = Field(dt.date.min, alias="from", description="first date", examples=["2021-01-01"])
    last: Day = Field(dt.date.max, alias="to", description="last date, included", examples=["2021-01-31"])

    def check_order(self) -> None:
        """Raise 422 when the dates are the wrong way round."""
        check_order(self.first, self.last)


class Known(BaseModel):
    """As known at which moment. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    as_of: Instant | None = Field(
        None,
        description="as sources had said by then: a day (its end, UTC) or a time with its zone",
        examples=["2021-02-01"],
    )
    known_at: Instant | None = Field(
        None, description="as this system had been told by then, by the log's own clock; written as `as_of`"
    )

    def moment(self) -> Moment | None:
        """Up to when records count; None: all of them."""
        if self.as_of is None and self.known_at is None:
            return None
        return Moment(self.as_of, self.known_at)

    def offered(self) -> tuple[Column, ...]:
        """The columns that there are: those of a moment tell more."""
        return OFFERED if self.moment() is None else (*OFFERED, CARRIED)


class MetricsQuery(Known, Period, Regional):
    """Which rows, which columns, how many and in which format."""

    lag: int | None = Field(
        None,
        ge=0,
        le=MOST_LAG,
        description="each day as its source had reported it that many days later; 0: by its own end, UTC",
    )
    fields: list[str] = Field(
        [], max_length=MAX_NAMES, description="columns besides source, region and date; none: all"
    )
    limit: int | None = Field(None, ge=1, le=MAX_LIMIT, description="rows of a page; none: all, streamed")
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before")
    format: Format = Field(Format.JSON, description="how the rows are written")

    def columns(self) -> tuple[Column, ...]:
        """The key's columns and those asked for, in the schema's order. Raises 422 for an unknown one."""
        offered = self.offered()
        wanted = _split(self.fields) or {column.name for column in offered}
        unknown = sorted(wanted - {column.name for column in offered})
        if unknown:
            names = ", ".join(column.name for column in offered)
            raise Problem(
                422, f"fields: no column {_quoted(unknown)}; there are {names}", code="unknown-field"
            )
        return tuple(column for column in offered if column.name in wanted or column.name in KEY)


class Found(Known, Regional):
    """Of which regions and days. Unknown parameters are refused."""

    region: list[str] = Field(
        [],
        max_length=MAX_NAMES,
        description="ISO 3166 codes; repeat, or separate by commas; none: Canada and its provinces",
    )
    first: Day = Field(dt.date.min, alias="from", description="first day")
    last: Day = Field(dt.date.max, alias="to", description="last day, included")

    def codes(self) -> tuple[str, ...]:
        """The regions meant, sorted. Raises 422 for an unknown one, and for days the wrong way round."""
        check_order(self.first, self.last)
        return self.region_codes() or tuple(sorted(("CA", *regions.PROVINCES)))


class Written(BaseModel):
    """In which format."""

    format: Format = Field(Format.JSON, description="how it is written")


class CorrectionsFound(Found):
    """Which corrections. Unknown parameters are refused."""

    source: list[Slug] = Field(
        [], max_length=MAX_NAMES, description="whose counts; repeat; none: all", examples=[["jhu"]]
    )
    kind: list[Kind] = Field([], max_length=len(Kind), description="what happened; repeat; none: all")

    def means(self, one: Correction) -> bool:
        """Whether a correction is asked for."""
        return (
            (not self.source or one.source in self.source)
            and (not self.kind or one.kind in self.kind)
            and self.first <= one.date <= self.last
        )


class CorrectionsQuery(Written, CorrectionsFound):
    """Which corrections, and how written. Unknown parameters are refused."""


class AlertsFound(Regional):
    """Which alerts. Unknown parameters are refused."""

    rule: list[Slug] = Field([], max_length=MAX_NAMES, description="names of rules; repeat; none: all")
    state: list[State] = Field([], max_length=len(State), description="how they stand; repeat; none: all")
    severity: list[Severity] = Field(
        [], max_length=len(Severity), description="how much they matter; repeat; none: all"
    )
    first: Day = Field(dt.date.min, alias="from", description="first day of onset")
    last: Day = Field(dt.date.max, alias="to", description="last day of onset, included")

    def codes(self) -> frozenset[str]:
        """The regions meant, none for all. Raises 422 for an unknown one, and for days in wrong order."""
        check_order(self.first, self.last)
        return frozenset(self.region_codes())

    def means(self, one: Alert, regions: frozenset[str]) -> bool:
        """Whether an alert is asked for. `regions`: as `codes` gives them."""
        return (
            (not regions or one.region in regions)
            and (not self.rule or one.rule in self.rule)
            and (not self.state or one.state in self.state)
            and (not self.severity or one.severity in self.severity)
            and self.first <= one.onset <= self.last
        )


class AlertsQuery(Written, AlertsFound):
    """Which alerts, and how written. Unknown parameters are refused."""


class AlertsFeedQuery(AlertsFound):
    """Which alerts, and in which language. Unknown parameters are refused."""

    lang: Literal["en", "fr"] = Field("en", description="language of the texts")


class DisagreementsQuery(Written, Found):
    """Which disagreements. Unknown parameters are refused."""

    field: list[Literal[*FIELDS]] = Field(  # type: ignore[valid-type]
        [], max_length=len(FIELDS), description="which counts; repeat; none: all"
    )

    def means(self, one: Disagreement) -> bool:
        """Whether a disagreement is asked for."""
        return (not self.field or one.field in self.field) and self.first <= one.date <= self.last


class NowcastQuery(Written, Known, Regional):
    """Of which series. Unknown parameters are refused."""

    region: list[str] = Field(
        [],
        max_length=MAX_NAMES,
        description="ISO 3166 codes; repeat, or separate by commas; none: Canada and its provinces",
    )
    source: Slug = Field("phac", description="whose counts: a publisher's, since merged rows are no reports")
    field: list[Literal[*FIELDS]] = Field(  # type: ignore[valid-type]
        [], max_length=len(FIELDS), description="which counts; repeat; none: confirmed and deaths"
    )

    def codes(self) -> tuple[str, ...]:
        """The regions meant, sorted. Raises 422 for an unknown one, and for the source `merged`."""
        if self.source == MERGED:
            raise Problem(
                422, "source: merged reports nothing itself; ask for a publisher", code="invalid-parameter"
            )
        return self.region_codes() or tuple(sorted(("CA", *regions.PROVINCES)))

    def fields(self) -> tuple[str, ...]:
        """The counts meant, in the schema's order."""
        return tuple(field for field in FIELDS if field in (self.field or ("confirmed", "deaths")))


class PackageQuery(Known, Regional):
    """Of which regions, and as known when. Unknown parameters are refused."""


class StreamQuery(Regional):
    """Whose changes. Unknown parameters are refused."""

    source: list[Slug] = Field(
        [], max_length=MAX_NAMES, description="whose numbers; repeat; none: all", examples=[["merged"]]
    )


def _split(values: list[str]) -> set[str]:
    return {part for value in values for part in value.split(",") if part}


def _quoted(values: list[str]) -> str:
    return ", ".join(repr(value[:40]) for value in values[:10])


Asked = Annotated[MetricsQuery, Query()]

_ID: Final = "source:region:date"
_EXAMPLE: Final = "phac:CA-ON:2021-01-02"
_LONGEST_ID: Final = 120

Id = Annotated[str, Query(description=_ID, examples=[_EXAMPLE], max_length=_LONGEST_ID)]


class RecordQuery(Known):
    """Which record. Unknown parameters are refused."""

    id: str = Field(description=_ID, examples=[_EXAMPLE], max_length=_LONGEST_ID)


class ExplainQuery(RecordQuery):
    """Which number of which record. Unknown parameters are refused."""

    metric: str = Field(
        description="a count or metric",
        examples=["incidence_7d"],
        json_schema_extra={"enum": [measure.column for measure in MEASURES]},
    )
