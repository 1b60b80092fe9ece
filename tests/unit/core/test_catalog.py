"""The catalogue says of every measure what the arithmetic does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import pytest

from covid_core import metrics, reproduction, rt
from covid_core.catalog.codes import SOURCES, STATUSES
from covid_core.catalog.entries import Measure, Text
from covid_core.catalog.measures import MEASURES
from covid_core.catalog.reproduction import RT_NOTES
from covid_core.merged import PRECEDENCE
from covid_core.metrics import Window, compute
from covid_core.records import FIELDS, MERGED, Status
from covid_core.rows import METRICS

_DAYS = 30
_FUNCTIONS = {
    "new": metrics.new,
    "avg7": metrics.average,
    "active": metrics.active,
    "incidence": metrics.incidence,
    "incidence_7d": metrics.incidence_7d,
    "case_fatality_ratio": metrics.case_fatality_ratio,
    "positivity_7d": metrics.positivity_7d,
    "doubling_time": metrics.doubling_time,
    **dict.fromkeys(rt.COLUMNS, reproduction.estimates),
}


def _texts(value: Any) -> Iterable[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))


def test_every_count_and_metric_is_described_once() -> None:
    assert sorted(measure.column for measure in MEASURES) == sorted([*FIELDS, *METRICS])


def test_every_status_and_every_publisher_is_named() -> None:
    assert [status.id for status in STATUSES] == list(Status)
    assert [note.id for note in RT_NOTES] == list(rt.RtNote)
    assert {source.id for source in SOURCES} == {MERGED, *PRECEDENCE}


@pytest.mark.parametrize("entry", [*MEASURES, *STATUSES, *RT_NOTES, *SOURCES])
def test_both_languages_have_words(entry: Any) -> None:
    for text in _texts(entry):
        assert text.en.strip()
        assert text.fr.strip()


def _computed(counts: Any) -> dict[str, Any]:
    window = Window(counts, np.zeros(counts.shape, dtype=np.int8))
    return {**dict(zip(FIELDS, counts, strict=True)), **compute(window, 1_000_000)}


def _dependencies() -> dict[str, set[tuple[str, int]]]:
    """Of each measure the (count, days before) that its value moves with, found by changing one count."""
    growing = np.array([[10.0 * 1.1**t * weight for t in range(_DAYS)] for weight in (9, 1, 3, 50)])
    before = _computed(growing)
    found: dict[str, set[tuple[str, int]]] = {name: set() for name in before}
    day = _DAYS // 2
    for index, field in enumerate(FIELDS):
        changed = growing.copy()
        changed[index, day] += 0.5
        after = _computed(changed)
        for name, values in after.items():
            moved = ~np.isclose(values, before[name], rtol=0, atol=0, equal_nan=True)
            found[name] |= {(field, int(t) - day) for t in np.flatnonzero(moved)}
    return found


def test_inputs_and_days_are_what_the_arithmetic_looks_at() -> None:
    """Of Rt, which looks at most of its days in some cases only, `test_reproduction` says the same."""
    stated = {
        m.column: {(field, k) for field in m.inputs for k in m.days}
        for m in MEASURES
        if m.column not in rt.COLUMNS
    }
    assert stated == _dependencies()


@pytest.mark.parametrize("measure", [m for m in MEASURES if m.column in METRICS])
def test_the_reference_is_that_of_the_function(measure: Measure) -> None:
    name = measure.column
    function = _FUNCTIONS.get(name) or _FUNCTIONS[name.partition("_")[0]]
    said = " ".join((function.__doc__ or "").partition("Reference: ")[2].split())
    plain = measure.reference.translate(str.maketrans({"“": '"', "”": '"'}))
    assert plain == said.replace("`", "")
