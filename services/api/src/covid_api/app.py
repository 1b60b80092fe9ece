"""The FastAPI application, built from its parts."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from covid_api import problems
from covid_api.context import RequestContext
from covid_api.deps import Deps
from covid_api.formats import ENCODINGS, Format
from covid_api.routes import catalog, charts, dashboard, metrics, operations, records, stream

_GZIP_LEVEL: Final = 4

DESCRIPTION: Final = (
    "Counts and metrics of COVID-19 by region and day, from several sources and merged. Reads answer from "
    "DynamoDB; a write is a record appended to the log, from which every store follows."
)


def create_app(deps: Deps) -> FastAPI:
    """The application; it opens and closes nothing itself."""
    app = FastAPI(title="COVID-19 Tracker", version="1", description=DESCRIPTION, redirect_slashes=False)
    app.state.deps = deps
    for module in (catalog, dashboard, metrics, charts, stream, records, operations):
        app.include_router(module.router)
    problems.install(app)
    # Rows shrink to a tenth at the quickest third of what compressing them harder costs; Parquet already is.
    app.add_middleware(
        GZipMiddleware,
        compresslevel=_GZIP_LEVEL,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, ENCODINGS[Format.PARQUET].media_type),
    )
    app.add_middleware(RequestContext, telemetry=deps.telemetry)
    return app
