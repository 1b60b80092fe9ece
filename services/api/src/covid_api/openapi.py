"""What the OpenAPI document says beyond the routes' signatures: schemas from the core, examples, errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec

from covid_api import problems
from covid_api.live.events import Event, Reset
from covid_api.query import OFFERED
from covid_api.submissions import MAX_RECORDS
from covid_core.records import Record
from covid_core.rows import Column, ColumnType

Responses = dict[int | str, dict[str, Any]]

_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}

_JSON_TYPES: Final = {
    ColumnType.STRING: {"type": "string"},
    ColumnType.DATE: {"type": "string", "format": "date"},
    ColumnType.INT64: {"type": "integer"},
    ColumnType.FLOAT64: {"type": "number"},
    ColumnType.BOOL: {"type": "boolean"},
}

_ID: Final = "phac:CA-ON:2021-01-02"
_POSITION: Final = {"topic": "covid.records", "partition": 1, "offset": 12345}
_RECORD: Final = {
    "source": "phac",
    "region": "CA-ON",
    "date": "2021-01-02",
    "confirmed": 190962,
    "deaths": 4671,
}
_ROW: Final = {
    "source": "phac",
    "region": "CA-ON",
    "date": "2021-01-02",
    "confirmed": 190962,
    "deaths": 4671,
    "recovered": None,
    "recovered_status": "missing",
    "new_confirmed": 3363,
    "revision": 12346,
    "lineage": "12345",
}


def problems_of(*statuses: int) -> Responses:
    """The documentation of errors."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}},
        }
        for status in statuses
    }


def example(content: Any, description: str = "Success", schema: Any = None) -> dict[str, Any]:
    """The documentation of a JSON answer."""
    body = {"schema": schema or {"type": "object"}, "example": content}
    return {"description": description, "content": {"application/json": body}}


def _column_schema(column: Column) -> dict[str, Any]:
    plain: dict[str, Any] = dict(_JSON_TYPES[column.type])
    if column.nullable:
        plain["type"] = [plain["type"], "null"]
    unit = f" ({column.unit})" if column.unit else ""
    return {**plain, "description": column.description + unit}


ROW_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {c.name: _column_schema(c) for c in OFFERED},
}
"""A row of `/v1/metrics`."""

_PAGE_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": ROW_SCHEMA},
        "next": {"type": ["string", "null"], "description": "cursor of the following page"},
    },
}

METRICS_RESPONSES: Final[Responses] = {
    200: {
        "description": "Rows in the format asked for",
        "headers": {"Link": {"description": 'the following page, rel="next"', "schema": {"type": "string"}}},
        "content": {
            "application/json": {"schema": _PAGE_SCHEMA, "example": {"data": [_ROW], "next": None}},
            "application/x-ndjson": {"schema": ROW_SCHEMA},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    **problems_of(422, 503),
}

CHART_RESPONSES: Final[Responses] = {
    200: {
        "description": "The image; SVG keeps its texts as texts",
        "headers": {"ETag": {"schema": {"type": "string"}}},
        "content": {
            "image/png": {"schema": {"type": "string", "format": "binary"}},
            "image/svg+xml": {"schema": {"type": "string"}},
        },
    },
    304: {"description": "The image is as If-None-Match says"},
    **problems_of(404, 422, 503),
}

_STREAM_EXAMPLE: Final = """\
: covid.metrics
id: 0:123,1:99
retry: 2000

event: rows
data: {"data":[{"source":"phac","region":"CA-ON","date":"2021-01-02","confirmed":190962}],"deleted":[]}
id: 0:124,1:99

"""

_ROWS_DATA: Final = {
    "type": "object",
    "description": "event `rows`",
    "required": ["data", "deleted"],
    "properties": {
        "data": {"type": "array", "items": ROW_SCHEMA},
        "deleted": {
            "type": "array",
            "description": "rows that are no more; order is (generation, revision), as of other rows",
            "items": {
                "type": "object",
                "properties": {
                    name: schema
                    for name, schema in ROW_SCHEMA["properties"].items()
                    if name in ("source", "region", "date", "revision", "generation")
                },
            },
        },
    },
}

_RESET_DATA: Final = {
    "type": "object",
    "description": "event `reset`",
    "required": ["reason", "detail"],
    "properties": {"reason": {"enum": [reason.value for reason in Reset]}, "detail": {"type": "string"}},
}

STREAM_RESPONSES: Final[Responses] = {
    200: {
        "description": "Server-sent events, until somebody goes away",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": _STREAM_EXAMPLE,
                # OpenAPI 3.2 describes events by the schema of one item.
                "itemSchema": {
                    "type": "object",
                    "properties": {
                        "event": {"enum": [event.value for event in Event]},
                        "id": {"type": "string", "description": "next offset of each partition"},
                        "retry": {"type": "integer", "description": "milliseconds"},
                        "data": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"oneOf": [_ROWS_DATA, _RESET_DATA]},
                        },
                    },
                },
            }
        },
    },
    **problems_of(422, 503),
}

GET_RESPONSES: Final[Responses] = {
    200: example({"id": _ID, **_ROW}, schema=ROW_SCHEMA),
    **problems_of(404, 422, 503),
}

POST_RESPONSES: Final[Responses] = {
    202: example({"id": _ID, **_POSITION}, "In the log; not (yet) confirmed by DynamoDB"),
    201: example(
        {"id": _ID, **_POSITION, "applied": True, "record": {"id": _ID, **_ROW}}, "DynamoDB shows it"
    ),
    200: example(
        {
            "id": _ID,
            **_POSITION,
            "applied": False,
            "reason": "another value of confirmed reported later stands (log offsets 12350)",
            "record": {"id": _ID, **_ROW},
        },
        "Something newer stands",
    ),
    **problems_of(400, 401, 403, 413, 415, 422, 503),
}

DELETE_RESPONSES: Final[Responses] = {
    200: example({"id": _ID, "deleted": True, "confirmed": True, **_POSITION}, "DynamoDB no longer shows it"),
    202: example({"id": _ID, "confirmed": False, **_POSITION}, "In the log; not yet confirmed"),
    **problems_of(401, 403, 404, 409, 422, 503),
}

WITHDRAW_RESPONSES: Final[Responses] = {
    200: example(
        {"id": _ID, "withdrawn": True, "confirmed": True, **_POSITION, "record": {"id": _ID, **_ROW}},
        "DynamoDB shows what the publishers report",
    ),
    202: example({"id": _ID, "confirmed": False, **_POSITION}, "In the log; not yet confirmed"),
    **problems_of(401, 403, 422, 503),
}


def _record_schema() -> dict[str, Any]:
    _, components = msgspec.json.schema_components([Record], ref_template="#/components/schemas/{name}")
    schema: dict[str, Any] = components["Record"]
    status = {"type": "object", "additionalProperties": components["Status"]}
    # `correction` is the service's own to set.
    given = {name: value for name, value in schema["properties"].items() if name != "correction"}
    return {**schema, "properties": given | {"status": status}}


_RECORD_SCHEMA: Final = _record_schema()

POST_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        _RECORD_SCHEMA,
                        {"type": "array", "items": _RECORD_SCHEMA, "minItems": 1, "maxItems": MAX_RECORDS},
                    ]
                },
                "examples": {
                    "correction": {"summary": "Correct two counts", "value": _RECORD},
                    "status": {
                        "summary": "Say why a count is missing",
                        "value": {**_RECORD, "recovered": None, "status": {"recovered": "suppressed"}},
                    },
                    "list": {"summary": "Several at once", "value": [_RECORD]},
                },
            }
        },
    }
}
