"""The row: counts, statuses and metrics of one source, region and day. Store schemas derive from it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta

from covid_core import rt
from covid_core.rt import RtNote


def _doc(description: str, unit: str | None = None) -> Meta:
    return Meta(description=description, extra={"unit": unit} if unit else None)


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row of every store. Absent numbers are None; why, says the field's status.

    Encoded as an array in the order of the fields; new fields go to the end. The garbage collector passes
    rows over: their values hold no references, so no row is part of a cycle.
    """

    source: Annotated[str, _doc("who reported: phac, phac-weekly, jhu, a publisher's slug, or merged")]
    region: Annotated[str, _doc("ISO 3166 code")]
    date: Annotated[dt.date, _doc("day the counts are for")]
    confirmed: Annotated[int | None, _doc("cumulative confirmed cases", "persons")] = None
    deaths: Annotated[int | None, _doc("cumulative deaths", "persons")] = None
    recovered: Annotated[int | None, _doc("cumulative recovered", "persons")] = None
    tests: Annotated[int | None, _doc("cumulative tests performed", "tests")] = None
    confirmed_status: Annotated[str | None, _doc("missing, suppressed, not_due or ended")] = None
    deaths_status: Annotated[str | None, _doc("missing, suppressed, not_due or ended")] = None
    recovered_status: Annotated[str | None, _doc("missing, suppressed, not_due or ended")] = None
    tests_status: Annotated[str | None, _doc("missing, suppressed, not_due or ended")] = None
    confirmed_source: Annotated[str | None, _doc("whose number or status it is")] = None
    deaths_source: Annotated[str | None, _doc("whose number or status it is")] = None
    recovered_source: Annotated[str | None, _doc("whose number or status it is")] = None
    tests_source: Annotated[str | None, _doc("whose number or status it is")] = None
    new_confirmed: Annotated[int | None, _doc("change since the day before, signed", "persons/day")] = None
    new_deaths: Annotated[int | None, _doc("change since the day before, signed", "persons/day")] = None
    new_recovered: Annotated[int | None, _doc("change since the day before, signed", "persons/day")] = None
    new_tests: Annotated[int | None, _doc("change since the day before, signed", "tests/day")] = None
    avg7_confirmed: Annotated[float | None, _doc("7-day average of new confirmed", "persons/day")] = None
    avg7_deaths: Annotated[float | None, _doc("7-day average of new deaths", "persons/day")] = None
    avg7_recovered: Annotated[float | None, _doc("7-day average of new recovered", "persons/day")] = None
    avg7_tests: Annotated[float | None, _doc("7-day average of new tests", "tests/day")] = None
    active: Annotated[int | None, _doc("confirmed - deaths - recovered", "persons")] = None
    incidence: Annotated[float | None, _doc("cumulative incidence", "persons/100,000")] = None
    incidence_7d: Annotated[float | None, _doc("7-day incidence", "persons/100,000/7 days")] = None
    case_fatality_ratio: Annotated[float | None, _doc("deaths / confirmed", "1")] = None
    positivity_7d: Annotated[float | None, _doc("7-day new confirmed / 7-day new tests", "1")] = None
    doubling_time: Annotated[float | None, _doc("doubling time of confirmed over 7 days", "days")] = None
    deleted: Annotated[bool, _doc("a tombstone: the row was deleted and carries no counts")] = False
    revision: Annotated[int, _doc("log offset + 1 of the newest record in the region's state")] = 0
    generation: Annotated[int, _doc("raised when a metric's definition or the log changes")] = 1
    lineage: Annotated[str, _doc("log offsets of the records that set the counts, comma-separated")] = ""
    rt: Annotated[float | None, _doc("effective reproduction number, 7 days", "infected/case")] = None
    rt_lower: Annotated[float | None, _doc("lower end of rt's 95% credible interval", "infected/case")] = None
    rt_upper: Annotated[float | None, _doc("upper end of rt's 95% credible interval", "infected/case")] = None
    rt_note: Annotated[
        str | None,
        _doc(f"why rt is null, or what to know about it: {', '.join(RtNote)}"),
    ] = None


class ColumnType(Enum):
    """Logical types; each store maps them to its own."""

    STRING = "string"
    DATE = "date"
    INT64 = "int64"
    FLOAT64 = "float64"
    BOOL = "bool"


class Column(NamedTuple):
    """One column of every store."""

    name: str
    type: ColumnType
    nullable: bool
    description: str
    unit: str | None


KEY: Final = ("source", "region", "date")
"""The primary key of every store."""

_LOGICAL: Final[dict[Any, ColumnType]] = {
    msgspec.inspect.StrType: ColumnType.STRING,
    msgspec.inspect.DateType: ColumnType.DATE,
    msgspec.inspect.IntType: ColumnType.INT64,
    msgspec.inspect.FloatType: ColumnType.FLOAT64,
    msgspec.inspect.BoolType: ColumnType.BOOL,
    msgspec.inspect.EnumType: ColumnType.STRING,
}


def column_of(field: msgspec.inspect.Field) -> Column:
    """The column of a struct's annotated member. Raises `KeyError` for a type that no column has."""
    meta: Any = field.type
    inner: Any = meta.type if isinstance(meta, msgspec.inspect.Metadata) else meta
    nullable = isinstance(inner, msgspec.inspect.UnionType)
    if nullable:
        inner = next(t for t in inner.types if not isinstance(t, msgspec.inspect.NoneType))
    description = (meta.extra_json_schema or {}).get("description", "")
    unit = (meta.extra or {}).get("unit")
    return Column(field.name, _LOGICAL[type(inner)], nullable, description, unit)


def _columns() -> tuple[Column, ...]:
    info: Any = msgspec.inspect.type_info(Row)
    return tuple(column_of(field) for field in info.fields)


COLUMNS: Final = _columns()
"""The columns in their order."""

NAMES: Final = tuple(column.name for column in COLUMNS)

RT_NOTE: Final = "rt_note"

MEASURES: Final = (*NAMES[NAMES.index("confirmed") : NAMES.index("deleted")], *rt.COLUMNS, RT_NOTE)
"""The columns that a tombstone leaves empty: counts, statuses, field sources, metrics and the note on one."""

STATUS_COLUMNS: Final = tuple(name for name in NAMES if name.endswith("_status"))
METRICS: Final = (*NAMES[NAMES.index("new_confirmed") : NAMES.index("deleted")], *rt.COLUMNS)
"""The derived numbers."""


def newer(row: Row, than: tuple[int, int] | None) -> bool:
    """Whether `row` may replace a stored row of order `than`, a pair (generation, revision)."""
    return than is None or (row.generation, row.revision) > than
