"""Compares what a store holds with what the oracle expects, in DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from covid_cli.verify.oracle import COMPARED
from covid_cli.verify.report import Difference
from covid_core.rows import KEY, ColumnType

RELATIVE: Final = 1e-9
"""How far a derived value may be off, relative to the expected one; near 0 the same number, absolute."""

Key = tuple[str, str, dt.date]

_MEASURES: Final = tuple(c for c in COMPARED if c.name not in KEY and c.name != "deleted")


def find_differences(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    found: pa.Table,
    refused: pa.Table,
    scope: Sequence[Key] | None,
    *,
    tombstones_expire: bool,
) -> list[Difference]:
    """Everything in which `found` differs from the table `expected`, ordered by key.

    A tombstone of a key that the log does not know is no difference: a repair has left it, and it hides.

    `refused`: rows that a sink refused; a difference is marked so where the refused row is the expected one.
    `scope`: only these keys are looked at. `tombstones_expire`: an absent tombstone is no difference.
    """
    relations = {"found_all": found, "refused_all": refused, "scope": key_table(scope or [])}
    for name, table in relations.items():
        connection.register(name, table)
    within = "WHERE (source, region, date) IN (SELECT (source, region, date) FROM scope)"
    limited = within if scope is not None else ""
    try:
        for side, relation in (("wanted", "expected"), ("held", "found_all")):
            select = f"SELECT * FROM {relation} {limited}"  # noqa: S608  # names from above
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {side} AS {select}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE faults AS {_faults(tombstones_expire)}")
        connection.execute(_MARKED)
        return [Difference(store, *row) for row in connection.fetchall()]
    finally:
        for name in relations:
            connection.unregister(name)


def same(column: str, kind: ColumnType, left: str, right: str) -> str:
    """SQL: whether a column says the same in two relations."""
    a, b = f'{left}."{column}"', f'{right}."{column}"'
    if kind is not ColumnType.FLOAT64:
        return f"{a} IS NOT DISTINCT FROM {b}"
    close = f"abs({a} - {b}) <= greatest({RELATIVE}, {RELATIVE} * abs({a}))"
    # NaN and infinity are in no expected row: they compare as different.
    return f"(({a} IS NULL AND {b} IS NULL) OR (isfinite({b}) AND {close}) IS TRUE)"


def _faults(tombstones_expire: bool) -> str:
    def state(side: str) -> str:
        known = f"WHEN {side}.deleted THEN 'deleted' ELSE 'live'"
        return f"CASE WHEN {side}.source IS NULL THEN 'absent' {known} END"

    absent_is_fine = "AND NOT (held.source IS NULL AND wanted.deleted)" if tombstones_expire else ""
    rows = f"""
        SELECT coalesce(wanted.source, held.source) AS source, coalesce(wanted.region, held.region) AS region,
               coalesce(wanted.date, held.date) AS date, 'row' AS field,
               {state("wanted")} AS wants, {state("held")} AS has
        FROM wanted FULL JOIN held USING (source, region, date)
        WHERE ({state("wanted")}) <> ({state("held")}) {absent_is_fine}
          AND NOT (wanted.source IS NULL AND held.deleted)
        UNION ALL
        SELECT source, region, date, 'row', 'once', count(*) || ' times'
        FROM held GROUP BY source, region, date HAVING count(*) > 1
    """  # noqa: S608  # nothing in it comes from outside
    cells = [
        f"""
        SELECT source, region, date, '{column.name}', coalesce(wanted."{column.name}"::VARCHAR, 'null'),
               coalesce(held."{column.name}"::VARCHAR, 'null')
        FROM wanted JOIN held USING (source, region, date)
        WHERE NOT wanted.deleted AND NOT held.deleted
          AND NOT {same(column.name, column.type, "wanted", "held")}
        """  # noqa: S608
        for column in _MEASURES
    ]
    # A tombstone must carry nothing, or a reader that forgets to hide it would show old counts.
    carries = " OR ".join(f'held."{column.name}" IS NOT NULL' for column in _MEASURES)
    remains = f"""
        SELECT source, region, date, 'row', 'deleted', 'deleted, with values'
        FROM held WHERE held.deleted AND ({carries})
    """  # noqa: S608
    return " UNION ALL ".join([rows, *cells, remains])


def _is_refused() -> str:
    equal = " AND ".join(same(c.name, c.type, "expected", "refused_all") for c in _MEASURES)
    return f"""
        EXISTS (
            SELECT 1 FROM refused_all JOIN expected USING (source, region, date)
            WHERE refused_all.source = faults.source AND refused_all.region = faults.region
              AND refused_all.date = faults.date AND expected.deleted = refused_all.deleted
              AND (expected.deleted OR ({equal}))
        )
    """  # noqa: S608


_MARKED: Final = f"""
    SELECT source, region, date, field, wants, has, {_is_refused()} AS refused
    FROM faults ORDER BY source, region, date, field
"""  # noqa: S608


def key_table(keys: Sequence[Key]) -> pa.Table:
    """Keys as a table with the columns source, region and date."""
    return pa.table(
        {
            "source": pa.array([key[0] for key in keys], pa.string()),
            "region": pa.array([key[1] for key in keys], pa.string()),
            "date": pa.array([key[2] for key in keys], pa.date32()),
        }
    )
