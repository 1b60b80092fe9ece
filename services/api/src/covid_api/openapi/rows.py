"""Rows: as lines, as a package, as an image."""

from __future__ import annotations

import datetime as dt
from typing import Final

from covid_api import schemas
from covid_api.datapackage import descriptor
from covid_api.openapi.answers import Responses, example, problems_of, table
from covid_api.openapi.examples import ROW
from covid_api.query import OFFERED

METRICS_RESPONSES: Final[Responses] = {
    200: {
        **table("Rows in the format asked for", schemas.PAGE, schemas.ROW, ROW),
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
