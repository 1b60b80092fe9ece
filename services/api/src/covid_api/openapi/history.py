"""What was said, corrected and differs, and why a number is what it is."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.openapi.answers import Responses, example, problems_of, table
from covid_api.openapi.examples import ID, RECORD

_FILE: Final = "covid19.csv 4f6c0c9d8a1f4e1f4f0a6d0f4b6c2a7be6f5b7f3a9f0d1c2b3a4958677869504"

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

_DISAGREEMENT: Final = {
    "region": "CA",
    "date": "2020-07-02",
    "field": "confirmed",
    "phac": 104771,
    "jhu": 105179,
    "difference": 408,
    "relative": 0.0038942073665422685,
    "reason": "restated",
}

CORRECTIONS_RESPONSES: Final[Responses] = {
    200: table(
        "Corrections in the format asked for, by region", schemas.CORRECTIONS, schemas.CORRECTION, _CORRECTION
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
            "id": ID,
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

HISTORY_RESPONSES: Final[Responses] = {
    200: example(
        {
            "id": ID,
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
                    "record": {**RECORD, "correction": True, "reported_at": "2026-11-26T12:00:00Z"},
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
            "id": ID,
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
