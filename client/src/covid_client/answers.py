"""The API's JSON as types. Dates are texts, `YYYY-MM-DD`; null is None and never stands for zero.

The API's own description (`/openapi.json`, `/v1/measures`) has each column's meaning, unit and formula.
"""

# Annotations are evaluated here: postponed, `Required` would not count in a type's `__required_keys__`.

from typing import Any, Literal, Required, TypedDict

Status = Literal["missing", "suppressed", "not_due", "ended"]
"""Why a count is None."""

RtNote = Literal["no_report", "short_history", "few_cases", "no_infectors", "negatives_left", "spread"]
"""Why `rt` is None (the first four), or what to know about it."""

CorrectionKind = Literal[
    "decreased", "level-break", "ended", "restated", "back-filled", "deleted", "withdrawn"
]
"""What happened to a count: the first three along a series, the others between reports."""


class Stored(TypedDict, total=False):
    """What a store holds of one source, region and day."""

    source: Required[str]
    region: Required[str]
    date: Required[str]
    # Cumulative, persons; tests in tests.
    confirmed: int | None
    deaths: int | None
    recovered: int | None
    tests: int | None
    confirmed_status: Status | None
    deaths_status: Status | None
    recovered_status: Status | None
    tests_status: Status | None
    confirmed_source: str | None
    deaths_source: str | None
    recovered_source: str | None
    tests_source: str | None
    # A day, signed: a correction downwards is negative.
    new_confirmed: int | None
    new_deaths: int | None
    new_recovered: int | None
    new_tests: int | None
    # A day, averaged over 7.
    avg7_confirmed: float | None
    avg7_deaths: float | None
    avg7_recovered: float | None
    avg7_tests: float | None
    # Persons.
    active: int | None
    # Per 100,000 inhabitants: cumulative, and within 7 days.
    incidence: float | None
    incidence_7d: float | None
    # Shares, 0 to 1 but for corrections.
    case_fatality_ratio: float | None
    positivity_7d: float | None
    # Days.
    doubling_time: float | None
    # Of two rows of a key the one with the greater (generation, revision) stands.
    revision: int
    generation: int
    lineage: str
    # People whom one case infects, its 95% credible interval, and why there is none, or what to know of it.
    rt: float | None
    rt_lower: float | None
    rt_upper: float | None
    rt_note: RtNote | None


class Row(Stored, total=False):
    """A row of one source, region and day: its key, and the columns that were asked for."""

    carried: bool
    """Of rows of a moment: their source had the day in a report, and has passed it over since."""


class State(Stored, total=False):
    """A single record as it stands: all columns, and its id `source:region:date`."""

    id: Required[str]


class Region(TypedDict):
    """A region by its ISO 3166 code. `population`: residents on 2021-07-01, None where unknown."""

    region: str
    name: str
    name_fr: str | None
    kind: str
    country: str
    population: int | None
    sources: list[str]


class Source(TypedDict):
    """A source that has rows. Its names and titles are None for a publisher of its own."""

    source: str
    name: str | None
    name_fr: str | None
    title: str | None
    title_fr: str | None
    regions: list[str]


class _Place(TypedDict):
    topic: str
    partition: int
    offset: int


class Written(_Place, total=False):
    """A record that is in the log, and where. With a `wait` also whether it is what stands now: `applied` is
    None when the time was too short to tell, and False, with a `reason`, under something newer."""

    id: Required[str]
    applied: bool | None
    reason: str
    record: State | None


class Deletion(_Place, total=False):
    """A tombstone that is in the log. `confirmed`: whether the record was seen to be gone within the wait."""

    id: Required[str]
    confirmed: Required[bool]
    deleted: Literal[True]


class Withdrawal(_Place, total=False):
    """A withdrawal that is in the log. `record`, once confirmed: what stands now, None for nothing."""

    id: Required[str]
    confirmed: Required[bool]
    withdrawn: Literal[True]
    record: State | None


class _Arrival(TypedDict):
    at: str
    partition: int
    offset: int
    actor: str | None
    file: str | None
    kind: Literal["report", "correction", "deletion", "withdrawal"]
    request_id: str | None
    origin: str | None


class HistoryEntry(_Arrival):
    """One record of the log, when it came (RFC 3339), from whom, and what it said."""

    record: dict[str, Any]


class History(TypedDict):
    """All that was said of one id, oldest first. Where it is not `complete`, from `from_offset` on."""

    id: str
    complete: bool
    from_offset: int
    data: list[HistoryEntry]


class Alert(TypedDict):
    """What a rule says of a region. Days are those of rows; numbers are in the metric's unit."""

    id: str
    rule: str
    kind: Literal["threshold", "growth", "interval", "stalled", "correction"]
    severity: Literal["info", "warning", "critical"]
    state: Literal["active", "resolved", "withdrawn"]
    region: str
    source: str
    metric: str
    title_en: str
    title_fr: str
    since: str
    onset: str
    until: str | None
    day: str
    value: float | None
    peak: float | None
    old: int | None
    new: int | None
    as_of: str


class Revision(_Arrival):
    """Values that a record had (fields of a record, absent where nothing was known), since when its source or
    a person said so (`reported_at`, RFC 3339), and what brought them to the log."""

    reported_at: str
    values: dict[str, Any]


class Revisions(TypedDict):
    """The values that a record has had, by when they were reported. The rest is as in `History`."""

    id: str
    complete: bool
    from_offset: int
    data: list[Revision]


class Correction(TypedDict):
    """A count that falls, jumps or ends along its series, or that a later report states otherwise.

    `old`, `new`: the count before and after, `size` their difference; None where there is no number.
    `field`: None where the whole record is meant. `reported_at` (RFC 3339) and `offset`: of the record that
    brought it; None along a series.
    """

    kind: CorrectionKind
    source: str
    region: str
    date: str
    field: str | None
    old: int | None
    new: int | None
    size: int | None
    reported_at: str | None
    offset: int | None


class Disagreement(TypedDict):
    """A day's count of PHAC and of Johns Hopkins. `difference`: `jhu` - `phac`; `relative`: of `phac`, None
    where that is 0; `reason`: None where no rule knows one."""

    region: str
    date: str
    field: str
    phac: int
    jhu: int
    difference: int
    relative: float | None
    reason: Literal["reporting-calendar", "late", "restated", "definition"] | None


class Nowcast(TypedDict):
    """A day's new count as reported, and as it is expected to stand later: the median, and the bounds of its
    90% interval, included; None where a `reason` says why. `delay`: days from the day to the newest report of
    it. `learnt_from`: days of `reports` reports."""

    source: str
    region: str
    date: str
    field: str
    delay: int | None
    reported: int | None
    expected: int | None
    lower: int | None
    upper: int | None
    reason: Literal["too-few-reports", "settled", "not-reported"] | None
    reports: int
    learnt_from: int


class Input(TypedDict):
    """A count that a number is computed from, its record's id, and the log offsets of what set it."""

    id: str
    field: str
    value: int | None
    status: Status | None
    source: str | None
    revision: int | None
    lineage: list[int]


class Explanation(TypedDict):
    """A number, how it is computed and from what. `arithmetic`: the formula with its numbers; where there is
    no value, None, and `reason` says why. `population`: None where the formula has none."""

    id: str
    metric: str
    title: str
    unit: str
    formula: str
    reference: str
    value: float | None
    arithmetic: str | None
    reason: str | None
    population: int | None
    inputs: list[Input]
