"""Glue's Java as it stands here: types, choices, mappings and bookmarks, read by AWS's own Python."""

from __future__ import annotations

from typing import Any

import pytest

from covid_cli.batch.glue.runtime.bookmarks import Bookmarks
from covid_cli.batch.glue.runtime.frames import Frame, Schema

gluetypes = pytest.importorskip("awsglue.gluetypes", reason="AWS's library is for Python 3.11 alone")


def read(schema: Schema) -> dict[str, str]:
    return {
        one.name: one.dataType.typeName() for one in gluetypes._deserialize_json_string(schema.toString())
    }


def frame(**columns: list[Any]) -> Frame:
    return Frame(None, columns)  # type: ignore[arg-type]


def test_a_column_of_two_types_is_a_choice_until_it_is_resolved() -> None:
    mixed = frame(a=[1, "N/A", None], b=[1, None, 2], c=[None, None, None], d=[1.5, 2.0, None])
    assert read(mixed.schema()) == {"a": "choice", "b": "long", "c": "string", "d": "double"}
    resolved = mixed.resolveChoice([], "cast:string")
    assert read(resolved.schema()) == {"a": "string", "b": "long", "c": "string", "d": "double"}
    assert resolved._columns["a"] == ["1", "N/A", None]


def test_no_records_have_no_fields() -> None:
    assert read(frame(a=[], b=[]).schema()) == {}


def test_a_mapping_renames() -> None:
    mapped = frame(a=[1], b=["x"]).applyMapping([("b", "string", "B", "string"), ("a", "long", "A", "long")])
    assert mapped._columns == {"B": ["x"], "A": [1]}


@pytest.mark.parametrize(
    "call",
    [
        lambda: frame(a=[1]).resolveChoice([], "make_cols"),
        lambda: frame(a=[1]).applyMapping([("a", "long", "a", "string")]),
        lambda: frame(a=[1]).applyMapping([("a", "string", "a", "string")]),
        lambda: frame(a=[1, "x"]).toDF(None),
    ],
)
def test_what_is_not_here_says_so(call: Any) -> None:
    with pytest.raises(NotImplementedError, match="here"):
        call()


class Catalog:
    """The two calls of Glue's client that bookmarks make."""

    def __init__(self) -> None:
        self.database: dict[str, Any] = {"Name": "d"}

    def get_database(self, Name: str) -> Any:
        return {"Database": self.database}

    def update_database(self, Name: str, DatabaseInput: Any) -> None:
        self.database = DatabaseInput


def run(catalog: Catalog, objects: dict[str, str], commit: bool = True, **options: str) -> list[str]:
    bookmarks = Bookmarks(catalog)
    bookmarks.init("job", None, {"job_bookmark_option": "job-bookmark-enable", **options})
    new = bookmarks.new("d", "table", objects)
    if commit:
        bookmarks.commit()
    return new


def test_a_committed_run_moves_the_bookmark() -> None:
    catalog = Catalog()
    assert run(catalog, {"a": "1", "b": "1"}, commit=False) == ["a", "b"]
    assert run(catalog, {"a": "1", "b": "1"}) == ["a", "b"]
    assert run(catalog, {"a": "1", "b": "2", "c": "1"}) == ["b", "c"]
    assert run(catalog, {"a": "1", "b": "2", "c": "1"}) == []
    assert run(catalog, {"a": "1"}, job_bookmark_option="job-bookmark-disable") == ["a"]
