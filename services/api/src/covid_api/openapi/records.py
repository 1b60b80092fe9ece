"""Single records, and the keys that may write them."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.openapi.answers import Responses, example, problems_of
from covid_api.openapi.examples import ID, POSITION, RECORD, ROW
from covid_api.submissions import MAX_RECORDS

GET_RESPONSES: Final[Responses] = {
    200: example({"id": ID, **ROW}, schemas.STATE),
    **problems_of(404, 422, 503),
}

POST_RESPONSES: Final[Responses] = {
    202: example({"id": ID, **POSITION}, schemas.WRITTEN, "In the log; not (yet) confirmed by DynamoDB"),
    201: example(
        {"id": ID, **POSITION, "applied": True, "record": {"id": ID, **ROW}},
        schemas.WRITTEN,
        "DynamoDB shows it",
    ),
    200: example(
        {
            "id": ID,
            **POSITION,
            "applied": False,
            "reason": "another value of confirmed reported later stands (log offsets 12350)",
            "record": {"id": ID, **ROW},
        },
        schemas.WRITTEN,
        "Something newer stands",
    ),
    **problems_of(400, 401, 403, 408, 413, 415, 422, 503),
}

DELETE_RESPONSES: Final[Responses] = {
    200: example(
        {"id": ID, "deleted": True, "confirmed": True, **POSITION},
        schemas.DELETED,
        "DynamoDB no longer shows it",
    ),
    202: example(
        {"id": ID, "confirmed": False, **POSITION}, schemas.UNCONFIRMED, "In the log; not yet confirmed"
    ),
    **problems_of(401, 403, 404, 409, 422, 503),
}

WITHDRAW_RESPONSES: Final[Responses] = {
    200: example(
        {"id": ID, "withdrawn": True, "confirmed": True, **POSITION, "record": {"id": ID, **ROW}},
        schemas.WITHDRAWN,
        "DynamoDB shows what the publishers report",
    ),
    202: example(
        {"id": ID, "confirmed": False, **POSITION}, schemas.UNCONFIRMED, "In the log; not yet confirmed"
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
                    "correction": {"summary": "Correct two counts", "value": RECORD},
                    "status": {
                        "summary": "Say why a count is missing",
                        "value": {**RECORD, "recovered": None, "status": {"recovered": "suppressed"}},
                    },
                    "list": {"summary": "Several at once", "value": [RECORD]},
                },
            }
        },
    }
}
