"""What `covid verify` calls a difference."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest

from covid_cli.verify.compare import find_differences
from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA
from covid_cli.verify.report import Difference
from covid_core.rows import Row

LIVE = Row(
    "phac", "CA-ON", dt.date(2021, 1, 2), confirmed=190962, deaths=4650, tests_status="missing",
    confirmed_source="phac", deaths_source="phac", tests_source="phac", new_confirmed=-3,
    avg7_confirmed=2890.4285714285716, case_fatality_ratio=4650 / 190962,
)  # fmt: skip
GONE = Row("phac", "CA-ON", dt.date(2021, 1, 3), deleted=True)


def but(row: Row, **cells: Any) -> Row:
    return msgspec.structs.replace(row, **cells)


def table(*rows: Row) -> pa.Table:
    columns = [[getattr(row, column.name) for row in rows] for column in COMPARED]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, EXPECTED_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=EXPECTED_SCHEMA)


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.register("wanted_rows", table(LIVE, GONE))
        connection.execute("CREATE TABLE expected AS FROM wanted_rows")
        yield connection


def compare(
    duck: duckdb.DuckDBPyConnection,
    *found: Row,
    refused: Sequence[Row] = (),
    tombstones_expire: bool = False,
    scope: Sequence[Row] | None = None,
) -> list[Difference]:
    keys = None if scope is None else [(row.source, row.region, row.date) for row in scope]
    return find_differences(
        duck, "rds", table(*found), table(*refused), keys, tombstones_expire=tombstones_expire
    )


def said(differences: Sequence[Difference]) -> list[tuple[int, str, str, str]]:
    return [(d.date.day, d.field, d.expected, d.found) for d in differences]


def test_the_same_rows_do_not_differ_whatever_their_revision(duck: duckdb.DuckDBPyConnection) -> None:
    assert compare(duck, but(LIVE, revision=9, generation=3, lineage="1,2"), GONE) == []


CELLS = [
    ({"confirmed": 190963}, ("confirmed", "190962", "190963")),
    ({"confirmed": None}, ("confirmed", "190962", "null")),
    ({"recovered": 0}, ("recovered", "null", "0")),
    ({"tests_status": None}, ("tests_status", "missing", "null")),
    ({"tests_status": "ended"}, ("tests_status", "missing", "ended")),
    ({"deaths_source": "jhu"}, ("deaths_source", "phac", "jhu")),
    ({"new_confirmed": 3}, ("new_confirmed", "-3", "3")),
    ({"avg7_deaths": 0.0}, ("avg7_deaths", "null", "0.0")),
    ({"avg7_confirmed": None}, ("avg7_confirmed", "2890.4285714285716", "null")),
    ({"avg7_confirmed": math.nan}, ("avg7_confirmed", "2890.4285714285716", "nan")),
    ({"avg7_confirmed": math.inf}, ("avg7_confirmed", "2890.4285714285716", "inf")),
]


@pytest.mark.parametrize(("cells", "difference"), CELLS)
def test_every_kind_of_cell_is_compared(
    duck: duckdb.DuckDBPyConnection, cells: dict[str, Any], difference: tuple[str, str, str]
) -> None:
    assert said(compare(duck, but(LIVE, **cells), GONE)) == [(2, *difference)]


def test_every_measure_is_compared(duck: duckdb.DuckDBPyConnection) -> None:
    other = {"int": 12_345, "str": "other", "float": 0.5}
    names = [c.name for c in COMPARED if c.name not in ("source", "region", "date", "deleted")]
    kinds = {
        c.name: {"int64": "int", "string": "str", "float64": "float"}.get(c.type.value, "") for c in COMPARED
    }
    changed = but(LIVE, **{name: other[kinds[name]] for name in names})
    assert [d.field for d in compare(duck, changed, GONE)] == sorted(names)


@pytest.mark.parametrize(("factor", "differs"), [(1 + 9e-10, False), (1 - 9e-10, False), (1 + 2e-9, True)])
def test_derived_values_may_be_a_billionth_off(
    duck: duckdb.DuckDBPyConnection, factor: float, differs: bool
) -> None:
    average = LIVE.avg7_confirmed
    assert average is not None
    assert bool(compare(duck, but(LIVE, avg7_confirmed=average * factor), GONE)) is differs


def test_rows_may_be_absent_or_too_many(duck: duckdb.DuckDBPyConnection) -> None:
    extra = but(LIVE, source="jhu")
    assert said(compare(duck, GONE, extra)) == [
        (2, "row", "absent", "live"),
        (2, "row", "live", "absent"),
    ]


def test_a_row_that_stands_twice_is_told(duck: duckdb.DuckDBPyConnection) -> None:
    assert said(compare(duck, LIVE, LIVE, GONE)) == [(2, "row", "once", "2 times")]


def test_deleted_must_be_deleted_and_live_must_live(duck: duckdb.DuckDBPyConnection) -> None:
    found = compare(duck, Row(*(LIVE.source, LIVE.region, LIVE.date), deleted=True), but(GONE, deleted=False))
    assert said(found) == [(2, "row", "live", "deleted"), (3, "row", "deleted", "live")]


def test_a_tombstone_carries_nothing(duck: duckdb.DuckDBPyConnection) -> None:
    assert said(compare(duck, LIVE, but(GONE, deaths=1))) == [(3, "row", "deleted", "deleted, with values")]


def test_a_tombstone_of_a_key_that_the_log_does_not_know_hides_a_repaired_row(
    duck: duckdb.DuckDBPyConnection,
) -> None:
    unknown = but(GONE, source="by-hand")
    assert compare(duck, LIVE, GONE, unknown) == []
    assert said(compare(duck, LIVE, GONE, but(unknown, deaths=1))) == [
        (3, "row", "deleted", "deleted, with values")
    ]


def test_only_where_tombstones_expire_may_one_be_absent(duck: duckdb.DuckDBPyConnection) -> None:
    assert compare(duck, LIVE, tombstones_expire=True) == []
    assert said(compare(duck, LIVE)) == [(3, "row", "deleted", "absent")]
    assert said(compare(duck, GONE, tombstones_expire=True)) == [(2, "row", "live", "absent")]


def test_a_refused_row_excuses_only_what_it_would_have_set_right(duck: duckdb.DuckDBPyConnection) -> None:
    (excused,) = compare(duck, GONE, refused=[LIVE])
    assert excused.refused
    (outdated,) = compare(duck, GONE, refused=[but(LIVE, confirmed=1)])
    assert not outdated.refused
    (another,) = compare(duck, GONE, refused=[but(LIVE, source="jhu")])
    assert not another.refused


def test_a_scope_looks_at_its_keys_only(duck: duckdb.DuckDBPyConnection) -> None:
    assert compare(duck, but(LIVE, confirmed=1), but(LIVE, source="jhu"), scope=[GONE]) != []
    assert compare(duck, but(LIVE, confirmed=1), GONE, scope=[GONE]) == []
    assert len(compare(duck, but(LIVE, confirmed=1), scope=[LIVE])) == 1
