"""The FastAPI application, built from its parts."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from covid_api import problems
from covid_api.context import RequestContext
from covid_api.deps import Deps
from covid_api.routes import catalog, charts, metrics, operations, records, stream

DESCRIPTION: Final = (
    "Counts and metrics of COVID-19 by region and day, from several sources and merged. Reads answer from "
    "DynamoDB; a write is a record appended to the log, from which every store follows."
)


def create_app(deps: Deps) -> FastAPI:
    """The application; it opens and closes nothing itself."""
    app = FastAPI(title="COVID-19 Tracker", version="1", description=DESCRIPTION, redirect_slashes=False)
    app.state.deps = deps
    for module in (catalog, metrics, charts, stream, records, operations):
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(RequestContext, telemetry=deps.telemetry)
    return app
