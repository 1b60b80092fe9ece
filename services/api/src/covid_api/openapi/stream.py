"""The live stream."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.live.events import Event, Reset
from covid_api.openapi.answers import Responses, problems_of

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
