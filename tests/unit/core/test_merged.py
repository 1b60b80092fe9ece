"""Spans of publishers: which days change hands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covid_core.merged import Span, moved

DAYS = st.integers(0, 20)
SPANS = st.none() | st.tuples(DAYS, DAYS).map(lambda ends: Span(min(ends), max(ends)))


def days_of(span: Span | None) -> set[int]:
    return set() if span is None else set(range(span.first, span.last + 1))


@given(SPANS, SPANS)
def test_moved_are_the_days_of_one_span_alone(old: Span | None, new: Span | None) -> None:
    assert moved(old, new) == days_of(old) ^ days_of(new)


def test_a_day_more_is_one_day_however_long_the_span() -> None:
    assert moved(Span(0, 10**12), Span(0, 10**12 + 1)) == {10**12 + 1}
