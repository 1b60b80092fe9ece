"""What the OpenAPI document says beyond the routes' signatures: schemas from the core, examples, errors."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, Final

from covid_api import problems, schemas
from covid_api.datapackage import descriptor
from covid_api.live.events import Event, Reset
from covid_api.query import OFFERED
from covid_api.schemas import Schema
from covid_api.submissions import MAX_RECORDS

Responses = dict[int | str, dict[str, Any]]

_ID: Final = "phac:CA-ON:2021-01-02"
_POSITION: Final = {"topic": "covid.records", "partition": 1, "offset": 12345}
_RECORD: Final = {
    "source": "phac",
    "region": "CA-ON",
    "date": "2021-01-02",
    "confirmed": 190962,
    "deaths": 4671,
}
_FILE: Final = "covid19.csv 4f6c0c9d8a1f4e1f4f0a6d0f4b6c2a7be6f5b7f3a9f0d1c2b3a4958677869504"
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


_CORRECTION: Final = {
    "kind": "decreased",
    "source": "jhu",
    "region": "CA-ON",
    "date": "2022-04-15",
    "field": "confirmed",
    "old": 1221091,
    "new": 1209898,
    "size": -11193,
    "reported_at": None,
    "offset": None,
}


_ALERT: Final = {
    "id": "incidence-high:CA-ON:2021-12-20",
    "rule": "incidence-high",
    "kind": "threshold",
    "severity": "warning",
    "state": "resolved",
    "region": "CA-ON",
    "source": "merged",
    "metric": "incidence_7d",
    "title_en": "7-day incidence ≥ 100, 3 days in a row",
    "title_fr": "Incidence sur 7 jours ≥ 100, 3 jours de suite",
    "since": "2021-12-18",
    "onset": "2021-12-20",
    "until": "2022-02-20",
    "day": "2022-02-19",
    "value": 100.4,
    "peak": 690.2,
    "old": None,
    "new": None,
    "as_of": "2022-06-05",
}


_DISAGREEMENT: Final = {
    "region": "CA",
    "date": "2020-07-02",
    "field": "confirmed",
    "phac": 104771,
    "jhu": 105179,
    "difference": 408,
    "relative": 0.003894207366542268,
    "reason": None,
}


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


METRICS_RESPONSES: Final[Responses] = {
    200: {
        **table("Rows in the format asked for", schemas.PAGE, schemas.ROW, _ROW),
        "headers": {"Link": {"description": 'the following page, rel="next"', "schema": {"type": "string"}}},
    },
    **problems_of(422, 503),
}

DATAPACKAGE_RESPONSES: Final[Responses] = {
    200: example(
        descriptor(
            {"phac": "http://127.0.0.1:8000/v1/metrics?source=phac&format=csv"},
            OFFERED,
            dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC),
        ),
        schemas.DATAPACKAGE,
    ),
    **problems_of(404, 422, 503),
}

CORRECTIONS_RESPONSES: Final[Responses] = {
    200: table(
        "Corrections in the format asked for, by region", schemas.CORRECTIONS, schemas.CORRECTION, _CORRECTION
    ),
    **problems_of(422, 503),
}

ALERTS_RESPONSES: Final[Responses] = {
    200: table(
        "Alerts in the format asked for, the newest onset first", schemas.ALERTS, schemas.ALERT, _ALERT
    ),
    **problems_of(422, 503),
}

FEED_RESPONSES: Final[Responses] = {
    200: {"description": "The feed", "content": {"application/atom+xml": {"schema": {"type": "string"}}}},
    **problems_of(422, 503),
}

DISAGREEMENTS_RESPONSES: Final[Responses] = {
    200: table(
        "Disagreements in the format asked for, by region",
        schemas.DISAGREEMENTS,
        schemas.DISAGREEMENT,
        _DISAGREEMENT,
    ),
    **problems_of(422, 503),
}

EXPLAIN_RESPONSES: Final[Responses] = {
    200: example(
        {
            "id": _ID,
            "metric": "new_deaths",
            "title": "New deaths",
            "unit": "persons per day",
            "formula": "D(t) − D(t−1)",
            "reference": "WHO, COVID-19 surveillance definitions",
            "value": 44,
            "arithmetic": "4516 − 4472",
            "reason": None,
            "population": None,
            "inputs": [
                {
                    "id": f"phac:CA-ON:2021-01-0{day}",
                    "field": "deaths",
                    "value": value,
                    "status": None,
                    "source": "phac",
                    "revision": 4119,
                    "lineage": [offset],
                }
                for day, value, offset in ((2, 4516, 1522), (1, 4472, 1508))
            ],
        },
        schemas.EXPLANATION,
    ),
    **problems_of(404, 422, 503),
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
        "data": {"type": "array", "items": schemas.ROW},
        "deleted": {
            "type": "array",
            "description": "rows that are no more; order is (generation, revision), as of other rows",
            "items": {
                "type": "object",
                "properties": {
                    name: schema
                    for name, schema in schemas.ROW["properties"].items()
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
                "example": _STREAM_EXAMPLE,
                # OpenAPI 3.2 describes events by the schema of one item (`schema`: that of their list).
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
    200: example({"id": _ID, **_ROW}, schemas.STATE),
    **problems_of(404, 422, 503),
}

HISTORY_RESPONSES: Final[Responses] = {
    200: example(
        {
            "id": _ID,
            "complete": True,
            "from_offset": 0,
            "data": [
                {
                    "at": "2026-11-26T12:00:00+00:00",
                    "partition": 1,
                    "offset": 12345,
                    "actor": "api:9e24b553",
                    "file": None,
                    "kind": "correction",
                    "request_id": "b5a8b0a4e0c34a0c8e6d0f6b0c8f8a52:0",
                    "origin": None,
                    "record": {**_RECORD, "correction": True, "reported_at": "2026-11-26T12:00:00Z"},
                }
            ],
        },
        schemas.HISTORY,
    ),
    **problems_of(404, 422, 503),
}

REVISIONS_RESPONSES: Final[Responses] = {
    200: example(
        {
            "id": _ID,
            "complete": True,
            "from_offset": 0,
            "data": [
                {
                    "at": "2026-11-26T12:00:00+00:00",
                    "partition": 1,
                    "offset": 345,
                    "actor": "producer",
                    "file": _FILE,
                    "kind": "report",
                    "request_id": None,
                    "origin": None,
                    "reported_at": "2021-01-14T23:59:59+00:00",
                    "values": {"confirmed": 190962, "deaths": 4671, "status": {"tests": "missing"}},
                }
            ],
        },
        schemas.REVISIONS,
    ),
    **problems_of(404, 422, 503),
}

POST_RESPONSES: Final[Responses] = {
    202: example({"id": _ID, **_POSITION}, schemas.WRITTEN, "In the log; not (yet) confirmed by DynamoDB"),
    201: example(
        {"id": _ID, **_POSITION, "applied": True, "record": {"id": _ID, **_ROW}},
        schemas.WRITTEN,
        "DynamoDB shows it",
    ),
    200: example(
        {
            "id": _ID,
            **_POSITION,
            "applied": False,
            "reason": "another value of confirmed reported later stands (log offsets 12350)",
            "record": {"id": _ID, **_ROW},
        },
        schemas.WRITTEN,
        "Something newer stands",
    ),
    **problems_of(400, 401, 403, 408, 413, 415, 422, 503),
}

DELETE_RESPONSES: Final[Responses] = {
    200: example(
        {"id": _ID, "deleted": True, "confirmed": True, **_POSITION},
        schemas.DELETED,
        "DynamoDB no longer shows it",
    ),
    202: example(
        {"id": _ID, "confirmed": False, **_POSITION}, schemas.UNCONFIRMED, "In the log; not yet confirmed"
    ),
    **problems_of(401, 403, 404, 409, 422, 503),
}

WITHDRAW_RESPONSES: Final[Responses] = {
    200: example(
        {"id": _ID, "withdrawn": True, "confirmed": True, **_POSITION, "record": {"id": _ID, **_ROW}},
        schemas.WITHDRAWN,
        "DynamoDB shows what the publishers report",
    ),
    202: example(
        {"id": _ID, "confirmed": False, **_POSITION}, schemas.UNCONFIRMED, "In the log; not yet confirmed"
    ),
    **problems_of(401, 403, 422, 503),
}


KEYS_RESPONSES: Final[Responses] = {
    200: example(
        {
            "data": [
                {
                    "id": "9e24b553",
                    "name": "a laboratory",
                    "scope": "write",
                    "created": "2026-11-26T12:00:00+00:00",
                    "revoked": None,
                }
            ]
        },
        schemas.KEYS,
    ),
    **problems_of(401, 403),
}

ANY_RESPONSES: Final[Responses] = problems_of(422, 429)
"""What every operation may answer: a parameter that is not known, too many requests."""

CLOSED_RESPONSES: Final[Responses] = problems_of(401, 403)
"""What reading may answer where it needs a key."""


POST_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        schemas.GIVEN,
                        {"type": "array", "items": schemas.GIVEN, "minItems": 1, "maxItems": MAX_RECORDS},
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
