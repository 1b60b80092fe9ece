"""How answers and errors are documented, whatever they are of."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from covid_api import problems, schemas
from covid_api.schemas import Schema

Responses = dict[int | str, dict[str, Any]]
"""By status."""


def problems_of(*statuses: int) -> Responses:
    """The documentation of errors."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {problems.MEDIA_TYPE: {"schema": schemas.PROBLEM}},
        }
        for status in statuses
    }


def answer(schema: Schema, description: str = "Success") -> dict[str, Any]:
    """The documentation of a JSON answer without an example."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def example(content: Any, schema: Schema, description: str = "Success") -> dict[str, Any]:
    """The documentation of a JSON answer."""
    body = {"schema": schema, "example": content}
    return {"description": description, "content": {"application/json": body}}


def table(description: str, page: Schema, line: Schema, shown: Any) -> dict[str, Any]:
    """The documentation of lines in each of `covid_api.formats`; `shown` is an example of one."""
    return {
        "description": description,
        "content": {
            "application/json": {"schema": page, "example": {"data": [shown], "next": None}},
            "application/x-ndjson": {"schema": line},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    }


ANY_RESPONSES: Final[Responses] = problems_of(422, 429)
"""What every operation may answer: a parameter that is not known, too many requests."""

CLOSED_RESPONSES: Final[Responses] = problems_of(401, 403)
"""What reading may answer where it needs a key."""
