"""The FastAPI application, built from its parts."""

from __future__ import annotations

from typing import Final

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from covid_api import auth, parameters, problems
from covid_api.context import RequestContext
from covid_api.deps import Deps
from covid_api.formats import ENCODINGS, Format
from covid_api.gate import Gate, SecurityHeaders
from covid_api.openapi.answers import ANY_RESPONSES, CLOSED_RESPONSES
from covid_api.routes import (
    alerts,
    catalog,
    charts,
    dashboard,
    datapackage,
    docs,
    explain,
    findings,
    history,
    keys,
    metrics,
    nowcast,
    operations,
    pipeline,
    records,
    stream,
)
from covid_api.tracing import TELEMETRY

_GZIP_LEVEL: Final = 4

_READ: Final = (
    catalog,
    datapackage,
    dashboard,
    metrics,
    findings,
    nowcast,
    alerts,
    history,
    explain,
    charts,
    stream,
    records,
    pipeline,
    keys,
)
"""Routes that need a key where reading is closed."""

DESCRIPTION: Final = (
    "Counts and metrics of COVID-19 by region and day, from several sources and merged. Reads answer from "
    "DynamoDB; a write is a record appended to the log, from which every store follows."
)


def described(*, keyed: bool) -> FastAPI:
    """The routes and the document that describes them; who serves them gives them their parts.

    `keyed`: reading needs a key.
    """
    app = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        static_url=docs.FILES,
        title="COVID-19 Tracker",
        version="1",
        description=DESCRIPTION,
        redirect_slashes=False,
        dependencies=[Depends(parameters.known)],
        responses=ANY_RESPONSES,
        telemetry=TELEMETRY,
    )
    needed = [Depends(auth.reader)] if keyed else []
    for module in _READ:
        app.include_router(module.router, dependencies=needed, responses=CLOSED_RESPONSES if keyed else None)
    # Whoever watches the service needs no key: it says nothing of records or callers.
    app.include_router(operations.router)
    app.include_router(docs.router)
    return app


def create_app(deps: Deps) -> FastAPI:
    """The application; it opens and closes nothing itself."""
    app = described(keyed=not deps.access.open_reads)
    app.state.deps = deps
    problems.install(app)
    app.add_middleware(Gate, keys=deps.keys, limiter=deps.limiter)
    if deps.access.origins:
        # Reading only, and without what a browser keeps of its user.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=deps.access.origins,
            allow_methods=["GET", "HEAD"],
            allow_headers=["Authorization", "Last-Event-ID"],
            expose_headers=["ETag", "Link", "Retry-After", "X-Request-ID"],
        )
    # Rows shrink to a tenth at the quickest third of what compressing them harder costs; Parquet already is.
    app.add_middleware(
        GZipMiddleware,
        compresslevel=_GZIP_LEVEL,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, ENCODINGS[Format.PARQUET].media_type),
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestContext, telemetry=deps.telemetry)
    return app
