"""The client's types say what the API's schemas say: the client imports nothing of the API."""

from __future__ import annotations

from typing import Any

import pytest

from covid_api import schemas
from covid_client import (
    Deletion,
    History,
    HistoryEntry,
    Region,
    Row,
    Source,
    State,
    Withdrawal,
    Written,
)

Schema = dict[str, Any]


def of_list(schema: Schema, name: str = "data") -> Schema:
    """The schema of a list's items."""
    items: Schema = schema["properties"][name]["items"]
    return items


@pytest.mark.parametrize(
    ("type_", "variants"),
    [
        (Row, [schemas.ROW]),
        (State, [schemas.STATE]),
        (Region, [of_list(schemas.REGIONS)]),
        (Source, [of_list(schemas.SOURCES)]),
        (Written, [schemas.WRITTEN["oneOf"][0]]),
        (Deletion, [schemas.DELETED, schemas.UNCONFIRMED]),
        (Withdrawal, [schemas.WITHDRAWN, schemas.UNCONFIRMED]),
        (History, [schemas.HISTORY]),
        (HistoryEntry, [of_list(schemas.HISTORY)]),
    ],
)
def test_a_type_has_the_members_of_its_schema(type_: Any, variants: list[Schema]) -> None:
    assert set(type_.__annotations__) == set().union(*(schema["properties"] for schema in variants))
    required = [set(schema["required"]) for schema in variants]
    assert type_.__required_keys__ == set.intersection(*required)
