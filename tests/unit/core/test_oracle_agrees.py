"""The SQL oracle and the core, two implementations of one definition, agree on random logs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA, LOG_SCHEMA, Entry, compute_expected, log_batch
from covid_core.records import FIELDS, Record, Status
from covid_core.rt import RtNote
from tests.unit.core.random_logs import FIRST_DAY, LOGGED_AT, Stores, collisions, logged, logs, split
from tests.unit.core.test_replay import needs_data, published

NAMES = [column.name for column in COMPARED]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def by_oracle(connection: duckdb.DuckDBPyConnection, log: Sequence[Record]) -> dict[tuple[Any, ...], Any]:
    batch = log_batch(Entry(0, offset, 0, record) for offset, record in enumerate(log))
    compute_expected(connection, pa.Table.from_batches([batch], schema=LOG_SCHEMA))
    rows = connection.execute("SELECT * FROM expected").fetchall()
    found = {row[:3]: row[3:] for row in rows}
    assert len(found) == len(rows), "the oracle gave a key twice"
    return found


def by_core(log: Sequence[Record], cuts: Sequence[int]) -> dict[tuple[Any, ...], Any]:
    stores = Stores()
    for batch in split(logged(log), cuts):
        stores.apply(batch)
    return {key: tuple(getattr(row, name) for name in NAMES[3:]) for key, row in stores.rows.items()}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return type(a) is type(b) and bool(a == b)


def differences(expected: dict[tuple[Any, ...], Any], found: dict[tuple[Any, ...], Any]) -> list[str]:
    lines = [f"{key}: only the oracle has it" for key in expected.keys() - found.keys()]
    lines += [f"{key}: only the core has it" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        for name, e, f in zip(NAMES[3:], expected[key], found[key], strict=True):
            if not same(e, f):
                lines.append(f"{key} {name}: the oracle says {e!r}, the core {f!r}")
    return sorted(lines)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log=logs(), cuts=st.lists(st.integers(0, 200), max_size=4))
def test_oracle_and_core_agree_on_any_log(
    connection: duckdb.DuckDBPyConnection, log: list[Record], cuts: list[int]
) -> None:
    assert differences(by_oracle(connection, log), by_core(log, cuts)) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log=logs(regions=("CA-ON",)), cuts=st.lists(st.integers(0, 200), max_size=12))
def test_oracle_and_core_agree_when_all_records_meet_in_one_region(
    connection: duckdb.DuckDBPyConnection, log: list[Record], cuts: list[int]
) -> None:
    assert differences(by_oracle(connection, log), by_core(log, cuts)) == []


@settings(max_examples=80, deadline=None)
@given(log=collisions, cuts=st.lists(st.integers(0, 8), max_size=3))
def test_oracle_and_core_agree_on_ties(
    connection: duckdb.DuckDBPyConnection, log: list[Record], cuts: list[int]
) -> None:
    assert differences(by_oracle(connection, log), by_core(log, cuts)) == []


@pytest.mark.parametrize(
    "others", [("deaths",), ("recovered",), ("tests",), ("deaths", "recovered", "tests")]
)
def test_oracle_and_core_agree_where_fields_come_from_different_publishers(
    connection: duckdb.DuckDBPyConnection, others: tuple[str, ...]
) -> None:
    """`phac` gives all but the others, so that those are taken from `jhu`: no ratio may mix the two."""
    days = range(15)
    full = {day: {field: (i + 1) * (day + 1) * 10 for i, field in enumerate(FIELDS)} for day in days}
    log = [series_record("jhu", day, full[day]) for day in days]
    log += [
        series_record("phac", day, {field: n for field, n in full[day].items() if field not in others})
        for day in days
    ]
    expected = by_oracle(connection, log)
    assert differences(expected, by_core(log, [7, 20])) == []
    last = dict(zip(NAMES[3:], expected["merged", "CA-ON", FIRST_DAY + dt.timedelta(days=14)], strict=True))
    assert (last["confirmed_source"], last[f"{others[0]}_source"]) == ("phac", "jhu")
    assert (last["active"] is None) == bool({"deaths", "recovered"} & set(others))
    assert (last["case_fatality_ratio"] is None) == ("deaths" in others)
    assert (last["positivity_7d"] is None) == ("tests" in others)


def series_record(source: str, day: int, counts: dict[str, int]) -> Record:
    date = FIRST_DAY + dt.timedelta(days=day)
    return Record(source=source, region="CA-ON", date=date, reported_at=LOGGED_AT, **counts)


def epidemic(seed: int, *, source: str = "phac", first: int = 0, days: int = 230) -> list[Record]:
    """An epidemic as a source reports it: weekends without a report, blanks, corrections, waves, shuffled."""
    random = np.random.default_rng(seed)
    wave = random.uniform(0, 40) * np.exp(2 * np.sin(np.arange(days) / random.uniform(12, 30)))
    total = np.cumsum(random.poisson(wave)) + int(random.integers(0, 3)) * 100
    for day in random.integers(0, days, 6):
        total[day:] -= int(random.choice([5, 60, 900]) * random.uniform(0, 1))
    total = np.maximum(total, 0)
    log = []
    for day in range(days):
        date = FIRST_DAY + dt.timedelta(days=first + day)
        confirmed: int | None = int(total[day])
        status: dict[str, Status] = {}
        if seed % 2 and date.weekday() > 4:
            status = {"confirmed": Status.NOT_DUE}
        if random.random() < 0.02 or 150 < day < 150 + 4 * (seed % 5):
            confirmed, status = None, {"confirmed": Status.MISSING}
        said = Record(
            source=source,
            region="CA-ON",
            date=date,
            reported_at=LOGGED_AT,
            confirmed=confirmed,
            status=status,
        )
        log.append(said)
    random.shuffle(log)  # type: ignore[arg-type]
    return log


@pytest.mark.parametrize("seed", range(12))
def test_oracle_and_core_agree_on_the_rt_of_an_epidemic(
    connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    """Whatever batches the records come in, with a day taken back and one corrected afterwards."""
    log = epidemic(seed) + epidemic(seed + 100, source="jhu", first=60)
    date = FIRST_DAY + dt.timedelta(days=100)
    later = LOGGED_AT + dt.timedelta(hours=1)
    for source, body in (("phac", {"confirmed": 3_000}), ("jhu", {"deleted": True})):
        correction = Record(
            source=source, region="CA-ON", date=date, reported_at=later, correction=True, **body
        )  # type: ignore[arg-type]
        log.append(correction)
    expected = by_oracle(connection, log)
    found = by_core(log, [100, 200, 300, 400, len(log) - 2, len(log) - 1])
    assert differences(expected, found) == []
    assert found == by_core(log, []), "a row at a time says something else than all at once"
    _ALL_NOTES.update(row[NAMES.index("rt_note") - 3] for row in expected.values())


@pytest.mark.parametrize("seed", range(12))
def test_oracle_and_core_agree_on_the_rt_of_a_source_that_repeats_its_counts(
    connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    """Runs around a week and around two, rises around eleven, and now and then a fall, a blank, a day that
    was not due or is not there; a day in a run is corrected afterwards."""
    random = np.random.default_rng(seed)
    total, day, log = 2_000, 0, []
    while day < 260:
        length = int(random.choice([1, 1, 1, 5, 6, 7, 8, 13, 14, 15, 16, 28]))
        for _ in range(length):
            kind = random.choice(["said"] * 60 + ["blank", "not_due", "absent"])
            confirmed = {} if kind == "blank" else {"confirmed": total}
            status = {"blank": Status.MISSING, "not_due": Status.NOT_DUE}.get(kind)
            said = series_record("jhu", day, confirmed)
            if kind != "absent":
                log.append(msgspec.structs.replace(said, status={"confirmed": status} if status else {}))
            day += 1
        total += int(random.choice([-40, 1, 9, 10, 11, 12, 60, 150]))
    correction = series_record("jhu", 120, {"confirmed": total})
    random.shuffle(log)  # type: ignore[arg-type]
    log.append(msgspec.structs.replace(correction, correction=True))
    expected = by_oracle(connection, log)
    assert differences(expected, by_core(log, [150, len(log) - 1])) == []
    later = differences(expected, by_core(log[:-1], []))
    assert any(" rt" in line for line in later), "the correction changes no estimate"


_ALL_NOTES: set[str | None] = set()
"""Those that the epidemics have had."""


def test_the_epidemics_had_every_note() -> None:
    if not _ALL_NOTES:
        pytest.skip("no epidemic was computed")
    assert {None, *RtNote} == _ALL_NOTES


@pytest.mark.parametrize("seed", range(8))
def test_oracle_and_core_agree_where_all_cases_are_taken_back(
    connection: duckdb.DuckDBPyConnection, seed: int
) -> None:
    """The count falls to where it began: what is owed and what is there are the same but for rounding, by
    which nothing may be decided, such as whether negatives are left."""
    random = np.random.default_rng(seed)
    counts: dict[int, int] = dict.fromkeys(range(70), 1_000)
    day = 70
    while day < 85:
        counts[day] = max(counts.values()) + int(random.integers(1, 5))
        day += int(random.integers(2, 6))
    for more in (0, 1):  # in two steps, the first of which leaves a fraction of each day
        counts[90 + more] = 1_000 + (1 - more)
    counts |= {91 + days: 1_000 + 20 * days for days in range(1, 40)}
    log = [series_record("phac", day, {"confirmed": count}) for day, count in counts.items()]
    expected = by_oracle(connection, log)
    assert differences(expected, by_core(log, [50, 80])) == []
    notes = {day: row[NAMES.index("rt_note") - 3] for (*_, day), row in expected.items()}
    assert notes[FIRST_DAY + dt.timedelta(days=105)] is None


@needs_data
def test_oracle_and_core_agree_on_all_that_was_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Three regions' files of PHAC and JHU, of every vintage, in a random order."""
    log = [one.record for one in published(7)]
    assert differences(by_oracle(connection, log), by_core(log, [])) == []


def test_expected_has_every_compared_column_in_its_type(connection: duckdb.DuckDBPyConnection) -> None:
    by_oracle(connection, [])
    assert connection.table("expected").to_arrow_table().schema.equals(EXPECTED_SCHEMA)
