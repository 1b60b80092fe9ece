"""Statements of Redshift and SQL Server for PostgreSQL, which stands in for both where neither is."""

from __future__ import annotations

from typing import Any, Final

import sqlglot
from sqlglot import ErrorLevel, exp

from covid_batch.stores.errors import Unusable
from covid_core.errors import first_line

REDSHIFT: Final = "redshift"
TSQL: Final = "tsql"


def for_postgres(statement: str, dialect: str) -> str:
    """The statement in PostgreSQL's words. Raises `Unusable` where it cannot be said in them."""
    try:
        tree = sqlglot.parse_one(statement, read=dialect).transform(_plainer)
        return str(tree.sql(dialect="postgres", unsupported_level=ErrorLevel.RAISE))
    except sqlglot.errors.SqlglotError as error:
        cut = " ".join(statement.split())[:60]
        raise Unusable(f"no PostgreSQL for {cut}…: {first_line(error)}") from error


def _plainer(node: exp.Expr) -> Any:
    """What PostgreSQL has no word for, and sqlglot leaves."""
    if isinstance(node, exp.DistStyleProperty | exp.DistKeyProperty | exp.SortKeyProperty):
        return None
    # Its strings are compared by code point already: the stand-in's locale is C.
    if isinstance(node, exp.ColumnConstraint) and isinstance(node.kind, exp.CollateColumnConstraint):
        return None
    # Numbers 0 and 1, as in T-SQL; PostgreSQL's own BIT is a string of bits.
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.BIT:
        return exp.DataType.build("smallint")
    # No order in a key; sqlglot says where nulls would go.
    if isinstance(node, exp.PrimaryKey | exp.ForeignKey):
        node.set(
            "expressions", [one.this if isinstance(one, exp.Ordered) else one for one in node.expressions]
        )
    if isinstance(node, exp.Subquery) and node.args.get("pivots"):
        return _aggregated(node)
    return node


def _aggregated(pivoted: exp.Subquery) -> exp.Expr:
    """`PIVOT (max(v) FOR k IN (a, b))` as what it is short for: `max(CASE WHEN k = 'a' THEN v END) AS a …`.

    The columns that are neither v nor k group the rows, as in T-SQL.
    """
    (pivot,), query = pivoted.args["pivots"], pivoted.this
    (aggregate,), (field,) = pivot.expressions, pivot.args["fields"]
    value, key = aggregate.this, field.this
    rest = [
        exp.column(name, quoted=True) for name in query.named_selects if name not in (value.name, key.name)
    ]
    spread = []
    for column in field.expressions:
        this = exp.Case().when(key.copy().eq(exp.Literal.string(column.name)), value.copy())
        spread.append(exp.alias_(aggregate.__class__(this=this), column.name, quoted=True))
    select = exp.select(*rest, *spread).from_(query.subquery("pivoted")).group_by(*rest)
    return select.subquery(pivot.alias)
