"""The client's types say what the API's schemas say: the client imports nothing of the API."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from covid_api import schemas
from covid_client import (
    Correction,
    Deletion,
    Disagreement,
    Explanation,
    History,
    HistoryEntry,
    Input,
    Nowcast,
    Region,
    Revision,
    Revisions,
    Row,
    Source,
    State,
    Withdrawal,
    Written,
)
from covid_client.answers import CorrectionKind, Status
from covid_client.client import Field
from covid_core import records
from covid_core.corrections import Kind
from covid_core.disagreement import Reason
from covid_core.nowcast import nowcast

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
        (Revisions, [schemas.REVISIONS]),
        (Revision, [of_list(schemas.REVISIONS)]),
        (Correction, [schemas.CORRECTION]),
        (Disagreement, [schemas.DISAGREEMENT]),
        (Nowcast, [schemas.NOWCAST]),
        (Explanation, [schemas.EXPLANATION]),
        (Input, [of_list(schemas.EXPLANATION, "inputs")]),
    ],
)
def test_a_type_has_the_members_of_its_schema(type_: Any, variants: list[Schema]) -> None:
    assert set(type_.__annotations__) == set().union(*(schema["properties"] for schema in variants))
    required = [set(schema["required"]) for schema in variants]
    assert type_.__required_keys__ == set.intersection(*required)


def test_words_for_programs_are_those_of_the_core() -> None:
    assert set(get_args(CorrectionKind)) == set(Kind)
    reason, _ = get_args(Disagreement.__annotations__["reason"])
    assert set(get_args(reason)) == set(Reason)
    none, _ = get_args(Nowcast.__annotations__["reason"])
    assert set(get_args(none)) == set(nowcast.Reason)
    assert set(get_args(Status)) == set(records.Status)
    assert get_args(Field) == records.FIELDS
