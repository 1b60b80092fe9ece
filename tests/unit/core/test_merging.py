"""Merging is a join: any order, repetition and batching of the same records gives the same state and rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covid_core.merging import NOTHING, KeyState, effective, join, state_of
from covid_core.records import FIELDS, Record, Status
from tests.unit.core.random_logs import FIRST_DAY, Stores, content, logged, logs, records, split

# One key, so that everything meets.
of_one_key = records(regions=("CA-ON",), dates=st.just(FIRST_DAY)).map(
    lambda record: msgspec.structs.replace(record, source="phac")
)


@st.composite
def states(draw: st.DrawFn) -> KeyState:
    """A state that some records make. An offset belongs to one record, as in a log."""
    chosen = draw(st.lists(of_one_key, max_size=4))
    first = draw(st.integers(0, 10**6)) * 4
    return reduce(join, (state_of(record, first + i) for i, record in enumerate(chosen)), KeyState())


@given(states(), states())
def test_join_is_commutative(a: KeyState, b: KeyState) -> None:
    assert join(a, b) == join(b, a)


@given(states(), states(), states())
def test_join_is_associative(a: KeyState, b: KeyState, c: KeyState) -> None:
    assert join(join(a, b), c) == join(a, join(b, c))


@given(states(), states())
def test_join_is_idempotent(a: KeyState, b: KeyState) -> None:
    assert join(a, a) == a
    assert join(join(a, b), b) == join(a, b)


@given(states())
def test_the_empty_state_changes_nothing(a: KeyState) -> None:
    assert join(a, KeyState()) == a


@settings(deadline=None)
@given(logs(), st.lists(st.integers(0, 200), max_size=10))
def test_any_batches_end_with_the_same_rows_and_state(log: list[Record], cuts: list[int]) -> None:
    at_once, in_batches = Stores(), Stores()
    at_once.apply(logged(log))
    for batch in split(logged(log), cuts):
        in_batches.apply(batch)
    assert content(in_batches.rows) == content(at_once.rows)
    assert {r: c.kept for r, c in in_batches.chunks.items()} == {r: c.kept for r, c in at_once.chunks.items()}
    assert in_batches.heads == at_once.heads


@settings(deadline=None)
@given(logs(), st.randoms(use_true_random=False), st.lists(st.integers(0, 200), max_size=6))
def test_any_order_ends_with_the_same_rows(log: list[Record], random: object, cuts: list[int]) -> None:
    shuffled = list(log)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Stores(), Stores()
    one.apply(logged(log))
    for batch in split(logged(shuffled), cuts):
        other.apply(batch)
    assert content(other.rows) == content(one.rows)


@settings(deadline=None)
@given(logs(), st.lists(st.integers(0, 200), max_size=6))
def test_records_once_more_emit_nothing(log: list[Record], cuts: list[int]) -> None:
    stores = Stores()
    stores.apply(logged(log))
    for batch in split(logged(log), cuts):
        assert stores.apply(batch) == []


@settings(deadline=None)
@given(logs(regions=("CA-ON",)), st.lists(st.integers(0, 200), max_size=10))
def test_a_key_s_revisions_grow(log: list[Record], cuts: list[int]) -> None:
    stores, emitted = Stores(), []
    for batch in split(logged(log), cuts):
        emitted += stores.apply(batch)
    keys = {(row.source, row.region, row.date) for row in emitted}
    for key in keys:
        revisions = [row.revision for row in emitted if (row.source, row.region, row.date) == key]
        assert all(a < b for a, b in pairwise(revisions)), (key, revisions)


@settings(deadline=None)
@given(logs(regions=("CA-ON",)))
def test_a_record_that_is_asked_for_emits_its_row_again(log: list[Record]) -> None:
    stores = Stores()
    stores.apply(logged(log))
    last = msgspec.structs.replace(logged(log)[-1], offset=len(log), asked=True)
    key = last.record.source, last.record.region, last.record.date
    rows = stores.apply([last])
    assert [(row.source, row.region, row.date) for row in rows] == [key]
    assert rows[0].revision == len(log) + 1


# -- the rules, one by one ---

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2021, 1, 3, 12, tzinfo=dt.UTC)


def said(hour: int, correction: bool = False, **body: object) -> Record:
    return Record(
        source="phac", region="CA-ON", date=dt.date(2021, 1, 2),
        reported_at=NOON + hour * HOUR, correction=correction, **body,  # type: ignore[arg-type]
    )  # fmt: skip


def now(*log: Record) -> dict[str, tuple[int | None, str | None]]:
    state = reduce(join, (state_of(record, offset) for offset, record in enumerate(log)))
    cells = zip(FIELDS, effective(state), strict=True)
    return {field: (cell.number, cell.status) for field, cell in cells if cell is not None}


RULES: dict[str, tuple[Sequence[Record], dict[str, tuple[int | None, str | None]]]] = {
    "the newest report wins": ((said(2, confirmed=7), said(1, confirmed=9)), {"confirmed": (7, None)}),
    "each field for itself": (
        (said(1, confirmed=9, deaths=1), said(2, confirmed=7)),
        {"confirmed": (7, None), "deaths": (1, None)},
    ),
    "a tie: the greater": ((said(1, confirmed=7), said(1, confirmed=9)), {"confirmed": (9, None)}),
    "a tie: a number over a status": (
        (said(1, confirmed=0), said(1, status={"confirmed": Status.SUPPRESSED})),
        {"confirmed": (0, None)},
    ),
    "a tie: plain over not due": (
        (said(1, confirmed=7), said(1, confirmed=7, status={"confirmed": Status.NOT_DUE})),
        {"confirmed": (7, None)},
    ),
    "a tie: the greater, although not due": (
        (said(1, confirmed=7), said(1, confirmed=8, status={"confirmed": Status.NOT_DUE})),
        {"confirmed": (8, "not_due")},
    ),
    "a tie of statuses: the last by name": (
        (said(1, status={"tests": Status.MISSING}), said(1, status={"tests": Status.ENDED})),
        {"tests": (None, "missing")},
    ),
    "a newer status replaces a number": (
        (said(1, recovered=5), said(2, status={"recovered": Status.ENDED})),
        {"recovered": (None, "ended")},
    ),
    "a tombstone wins a tie": ((said(1, confirmed=7), said(1, deleted=True)), {}),
    "what is newer than a tombstone stays": (
        (said(3, deaths=1), said(1, confirmed=7), said(2, deleted=True)),
        {"deaths": (1, None)},
    ),
    "a correction hides newer reports": (
        (said(1, correction=True, confirmed=5), said(2, confirmed=7, deaths=1)),
        {"confirmed": (5, None), "deaths": (1, None)},
    ),
    "a withdrawn correction shows the report": (
        (said(1, confirmed=7), said(2, correction=True, confirmed=5), said(2, withdrawn=True)),
        {"confirmed": (7, None)},
    ),
    "a correction after the withdrawal stands": (
        (said(3, correction=True, confirmed=5), said(2, withdrawn=True), said(1, confirmed=7)),
        {"confirmed": (5, None)},
    ),
    "a deletion by a person hides newer reports": (
        (said(1, correction=True, deleted=True), said(2, confirmed=7)),
        {},
    ),
    "a correction after it brings back its own field": (
        (said(1, correction=True, deleted=True), said(2, correction=True, deaths=3), said(2, confirmed=7)),
        {"deaths": (3, None)},
    ),
    "a withdrawn deletion shows the reports": (
        (said(0, confirmed=7), said(1, correction=True, deleted=True), said(1, withdrawn=True)),
        {"confirmed": (7, None)},
    ),
    "a report's tombstone leaves corrections": (
        (said(1, correction=True, confirmed=5), said(2, deleted=True), said(0, confirmed=7)),
        {"confirmed": (5, None)},
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rule(name: str) -> None:
    log, expected = RULES[name]
    assert now(*log) == expected
    assert now(*reversed(log)) == expected


def test_a_record_must_be_validated_first() -> None:
    record = msgspec.structs.replace(said(1, confirmed=1), reported_at=None)
    with pytest.raises(ValueError, match="reported_at"):
        state_of(record, 0)


def test_nothing_said_is_nothing() -> None:
    assert effective(KeyState()) == NOTHING
