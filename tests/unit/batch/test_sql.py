"""The statements of `sql/`: they parse as what they are, and tables have the columns of every store."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from covid_batch.redshift import statements
from covid_batch.stores.errors import Unusable
from covid_batch.stores.queries import Query, queries, schema, split
from covid_batch.stores.rows import METRICS, REGIONS
from covid_batch.stores.standin import for_postgres
from covid_core.rows import COLUMNS, KEY

DIALECTS = {"redshift": "redshift", "sqlserver": "tsql"}
QUERIES = [(engine, query) for engine in DIALECTS for query in queries(engine)]
TYPES = {
    "string": "VARCHAR(200)",
    "date": "DATE",
    "int64": "BIGINT",
    "float64": "DOUBLE PRECISION",
    "bool": "BOOLEAN",
}
TSQL_TYPES = {**TYPES, "string": "NVARCHAR(200)", "bool": "BIT"}


@pytest.mark.parametrize(("engine", "query"), QUERIES, ids=lambda one: getattr(one, "name", one))
def test_a_query_parses_as_what_it_is_and_says_what_it_asks(engine: str, query: Query) -> None:
    tree = sqlglot.parse_one(query.text, read=DIALECTS[engine])
    assert isinstance(tree, exp.Select)
    # Two runs must agree, and two engines.
    assert tree.args.get("order") is not None
    assert query.title.endswith((".", ")"))
    assert not query.text.startswith("--")


@pytest.mark.parametrize("engine", DIALECTS)
def test_tables_have_the_columns_of_every_store(engine: str) -> None:
    tables = {}
    for statement in schema(engine):
        tree = sqlglot.parse_one(statement, read=DIALECTS[engine])
        assert isinstance(tree, exp.Create | exp.Drop)
        if isinstance(tree, exp.Create) and tree.kind == "TABLE":
            tables[tree.this.this.name] = tree.this
    assert set(tables) == {"batch_metrics", "batch_regions"}
    found = {one.name: one for one in tables["batch_metrics"].find_all(exp.ColumnDef)}
    assert list(found) == METRICS.names
    assert [one.name for one in tables["batch_regions"].find_all(exp.ColumnDef)] == REGIONS.names
    types = {column.name: column.type.value for column in COLUMNS}
    known = TSQL_TYPES if engine == "sqlserver" else TYPES
    for name, one in found.items():
        assert one.kind is not None
        assert one.kind == exp.DataType.build(known[types[name]], dialect=DIALECTS[engine]), name
    (key,) = tables["batch_metrics"].find_all(exp.PrimaryKey)
    assert tuple(one.name for one in key.expressions) == KEY


def test_statements_are_split_where_they_end() -> None:
    assert split("SELECT ';';\n\nSELECT 2;\n") == ["SELECT ';'", "SELECT 2"]
    assert split("SELECT 1;\nGO\n\nSELECT 2\nGO\n") == ["SELECT 1", "SELECT 2"]


def test_copy_parses_and_a_role_or_the_default_one_is_assumed() -> None:
    named = statements.copy("batch_metrics", "s3://bucket/key.parquet", "arn:aws:iam::123456789012:role/copy")
    assert isinstance(sqlglot.parse_one(named, read="redshift"), exp.Copy)
    assert "IAM_ROLE 'arn:aws:iam::123456789012:role/copy'" in named
    assert "IAM_ROLE default" in statements.copy("batch_metrics", "s3://bucket/key.parquet", None)


@pytest.mark.parametrize("query", queries("redshift"), ids=lambda query: query.name)
def test_unload_carries_its_query_unharmed(query: Query) -> None:
    statement = statements.unload(query.text, "s3://bucket/prefix/", None)
    # PostgreSQL's tokens: a string that doubles its quotes, as Redshift reads it.
    texts = [
        token.text
        for token in sqlglot.tokenize(statement, read="postgres")
        if token.token_type.name == "STRING"
    ]
    assert texts == [query.text, "s3://bucket/prefix/"]


def test_a_pivot_for_postgresql_says_what_duckdbs_own_says() -> None:
    inner = "SELECT d, k, v FROM t"
    query = f"SELECT [d], [b], [a] FROM ({inner}) AS s PIVOT (SUM(v) FOR k IN ([b], [a])) AS p ORDER BY [d]"
    rewritten = for_postgres(query, "tsql")
    assert "PIVOT" not in rewritten
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS FROM (VALUES (1, 'a', 2), (1, 'a', 3), (1, 'b', 5), (2, 'b', 7)) t(d, k, v)"
        )
        own = connection.execute(sqlglot.transpile(query, read="tsql", write="duckdb")[0]).fetchall()
        ours = connection.execute(sqlglot.transpile(rewritten, read="postgres", write="duckdb")[0]).fetchall()
    assert ours == own == [(1, 5, 5), (2, 7, None)]


def test_what_postgresql_cannot_say_is_refused() -> None:
    with pytest.raises(Unusable, match="no PostgreSQL for SELECT a FROM t"):
        for_postgres("SELECT a FROM t PIVOT (SUM(v) FOR k IN ([a])) AS p", "tsql")
    with pytest.raises(Unusable, match="no PostgreSQL for"):
        for_postgres("SELECT FROM WHERE (", "redshift")
