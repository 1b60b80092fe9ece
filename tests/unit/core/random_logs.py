"""Random logs for hypothesis: few keys, close dates and few moments, so that records meet and tie."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from hypothesis import strategies as st

from covid_core.logged import Logged
from covid_core.records import FIELDS, Record, Status, validate
from covid_core.region_state import Head, advance
from covid_core.rows import Row

REGIONS = ("CA-ON", "CA", "US")
SOURCES = ("phac", "phac-weekly", "jhu", "toronto-health")
LOGGED_AT = dt.datetime(2022, 1, 20, 12, tzinfo=dt.UTC)
FIRST_DAY = dt.date(2021, 12, 24)
"""The 20 days from here hold a month's and a year's boundary."""

Key = tuple[str, str, dt.date]

days = st.integers(0, 19).map(lambda n: FIRST_DAY + dt.timedelta(days=n))
moments = st.integers(0, 4).map(lambda n: dt.datetime(2022, 1, 19, tzinfo=dt.UTC) + dt.timedelta(hours=n))
numbers = st.one_of(st.integers(0, 3), st.integers(0, 20_000))


@st.composite
def _said(draw: st.DrawFn) -> dict[str, object]:
    said: dict[str, object] = {}
    status: dict[str, Status] = {}
    for field in FIELDS:
        kind = draw(st.sampled_from(("number", "number", "number", "silent", "status", "not_due_number")))
        if kind in ("number", "not_due_number"):
            said[field] = draw(numbers)
        if kind == "not_due_number":
            status[field] = Status.NOT_DUE
        if kind == "status":
            status[field] = draw(st.sampled_from(Status))
    if not said and not status:
        said["confirmed"] = draw(numbers)
    return {**said, "status": status}


@st.composite
def records(
    draw: st.DrawFn, regions: Sequence[str] = REGIONS, dates: st.SearchStrategy[dt.date] = days
) -> Record:
    """A valid record of any kind."""
    kind = draw(st.sampled_from(("said",) * 8 + ("deleted", "withdrawn")))
    body = draw(_said()) if kind == "said" else {kind: True}
    record = Record(
        source=draw(st.sampled_from(SOURCES)),
        region=draw(st.sampled_from(tuple(regions))),
        date=draw(dates),
        reported_at=draw(moments),
        correction=draw(st.sampled_from((False, False, True))),
        **body,  # type: ignore[arg-type]
    )
    return validate(record, LOGGED_AT)


@st.composite
def series(draw: st.DrawFn, regions: Sequence[str] = REGIONS) -> list[Record]:
    """A growing run of days of one source, as a file reports it, so that spans and differences arise."""
    source, region = draw(st.sampled_from(SOURCES)), draw(st.sampled_from(tuple(regions)))
    first, length, step = draw(st.integers(0, 15)), draw(st.integers(2, 18)), draw(st.sampled_from((1, 1, 7)))
    reported_at = draw(moments)
    said = draw(st.lists(_said(), min_size=length, max_size=length))
    return [
        validate(
            Record(
                source=source,
                region=region,
                date=FIRST_DAY + dt.timedelta(days=first + i * step),
                reported_at=reported_at,
                **body,  # type: ignore[arg-type]
            ),
            LOGGED_AT + dt.timedelta(days=200),
        )
        for i, body in enumerate(said)
    ]


@st.composite
def logs(draw: st.DrawFn, regions: Sequence[str] = REGIONS) -> list[Record]:
    """A log in the order of its offsets: runs of days, single records and repetitions, shuffled."""
    log = [record for run in draw(st.lists(series(regions), max_size=4)) for record in run]
    log += draw(st.lists(records(regions), min_size=1, max_size=25))
    log += draw(st.lists(st.sampled_from(log), max_size=5))
    return draw(st.permutations(log))


@st.composite
def _collision(draw: st.DrawFn) -> Record:
    kind = draw(st.sampled_from(("said", "said", "said", "deleted", "withdrawn")))
    body: dict[str, object] = {kind: True}
    if kind == "said":
        number, status = draw(st.sampled_from(_COLLIDING))
        body = {} if number is None else {"confirmed": number}
        body["status"] = {} if status is None else {"confirmed": status}
    record = Record(
        source="phac",
        region="CA-ON",
        date=FIRST_DAY + dt.timedelta(days=draw(st.sampled_from((0, 0, 7)))),
        reported_at=LOGGED_AT - dt.timedelta(hours=draw(st.integers(0, 2))),
        correction=draw(st.booleans()),
        **body,  # type: ignore[arg-type]
    )
    return validate(record, LOGGED_AT)


_COLLIDING = (
    (1, None),
    (1, Status.NOT_DUE),
    (2, None),
    (2, Status.NOT_DUE),
    (None, Status.NOT_DUE),
    (None, Status.MISSING),
    (None, Status.ENDED),
)

collisions = st.lists(_collision(), min_size=2, max_size=8)
"""Logs about one field of two days at three moments, so that every rule for ties decides something."""


def logged(log: Sequence[Record]) -> list[Logged]:
    """The records at offsets 0, 1, 2, …"""
    return [Logged(record, offset) for offset, record in enumerate(log)]


class Memory:
    """Chunks in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.kept[key] = value


class Stores:
    """What a store holds after the core has advanced every region by batches: the newest row of each key."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.heads: dict[str, Head] = {}
        self.chunks: dict[str, Memory] = {}

    def apply(self, batch: Sequence[Logged]) -> list[Row]:
        """Advance each region of the batch; returns the rows emitted."""
        emitted: list[Row] = []
        for region in dict.fromkeys(item.record.region for item in batch):
            chunks = self.chunks.setdefault(region, Memory())
            mine = [item for item in batch if item.record.region == region]
            head, rows = advance(region, self.heads.get(region, Head()), chunks, mine, generation=1)
            self.heads[region] = msgspec.msgpack.decode(msgspec.msgpack.encode(head), type=Head)
            emitted += rows
        for row in emitted:
            self.rows[row.source, row.region, row.date] = row
        return emitted


def content(rows: Mapping[Key, Row]) -> dict[Key, Row]:
    """Rows without what depends on positions in the log."""
    return {key: msgspec.structs.replace(row, revision=0, lineage="") for key, row in rows.items()}


def split(log: Sequence[Logged], cuts: Sequence[int]) -> list[Sequence[Logged]]:
    """The log cut into batches at these places."""
    places = [0, *sorted({cut % (len(log) + 1) for cut in cuts}), len(log)]
    return [batch for a, b in pairwise(places) if (batch := log[a:b])]
