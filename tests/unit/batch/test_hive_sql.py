"""The statements of `sql/hive`: queries parse as Hive's and Spark's, the view hides only tombstones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from covid_batch.stores.queries import Query, queries, schema
from covid_core.rows import COLUMNS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("dialect", ["hive", "spark"])
@pytest.mark.parametrize("query", queries("hive"), ids=lambda query: query.name)
def test_a_query_parses_and_says_what_it_asks_in_an_order(query: Query, dialect: str) -> None:
    tree = sqlglot.parse_one(query.text, read=dialect)
    assert isinstance(tree, exp.Select)
    assert tree.args.get("order") is not None
    assert query.title.endswith(".")


def test_only_tables_of_the_batch_jobs_are_made() -> None:
    made = [tree for tree in map(_parsed, schema("hive")) if isinstance(tree, exp.Create)]
    names = {tree.this.find(exp.Table).name for tree in made if tree.kind != "DATABASE"}
    assert names == {
        "batch_metrics_unfinished",
        "batch_regions_unfinished",
        "batch_metrics_live",
    }


def test_a_table_is_dropped_only_once_the_next_one_is_whole() -> None:
    statements = schema("hive")
    for name in ("batch_metrics", "batch_regions"):
        dropped = statements.index(f"DROP TABLE IF EXISTS {name}")
        assert statements[dropped + 1] == f"ALTER TABLE {name}_unfinished RENAME TO {name}"
        assert max(n for n, one in enumerate(statements) if one.startswith("CREATE TABLE")) < dropped


def test_the_view_has_every_column_but_the_one_that_hides() -> None:
    view = next(tree for tree in map(_parsed, schema("hive")) if tree.find(exp.Where))
    named = [column.name for column in view.find(exp.Select).expressions]
    hidden = {"deleted", "revision", "generation", "lineage"}
    assert named == [column.name for column in COLUMNS if column.name not in hidden]


def test_the_notebook_stands_without_outputs_and_names_no_bucket_of_ours() -> None:
    notebook = json.loads((ROOT / "cloud" / "hive" / "covid.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    assert sum("parameters" in cell["metadata"].get("tags", ()) for cell in cells) == 1
    assert notebook["metadata"]["kernelspec"]["name"] == "pysparkkernel"


def _parsed(statement: str) -> exp.Expression:
    # Comments above a statement belong to it.
    lines = [line for line in statement.splitlines() if not line.startswith("--")]
    return sqlglot.parse_one("\n".join(lines), read="spark")
