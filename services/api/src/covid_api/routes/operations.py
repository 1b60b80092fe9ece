"""Liveness, readiness and measurements."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Response

from covid_api import schemas
from covid_api.deps import Parts
from covid_api.openapi.answers import answer, problems_of
from covid_api.problems import RETRY_AFTER_SECONDS, Problem, Unavailable
from covid_api.telemetry import CONTENT_TYPE

router = APIRouter(tags=["operations"])

CHECK_SECONDS: Final = 2.0
"""How long readiness waits for Kafka."""


@router.get("/healthz", summary="Whether the process runs", responses={200: answer(schemas.ALIVE)})
async def healthz() -> dict[str, str]:
    """Answers while the process can answer at all, whatever the state of Kafka and DynamoDB."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Whether Kafka and DynamoDB can be reached",
    responses={200: answer(schemas.READY), **problems_of(503)},
)
async def readyz(parts: Parts) -> dict[str, Any]:
    """503 names what cannot be reached."""
    results = await asyncio.gather(
        asyncio.to_thread(parts.writer.check, CHECK_SECONDS),
        asyncio.to_thread(parts.reader.check),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Unavailable):
            raise result
    checks = {
        part: "ok" if result is None else str(result)
        for part, result in zip(("kafka", "dynamodb"), results, strict=True)
    }
    failed = [text for text in checks.values() if text != "ok"]
    if failed:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        raise Problem(503, "; ".join(failed), code="not-ready", headers=headers, checks=checks)
    return {"status": "ready", "checks": checks}


@router.get(
    "/metrics",
    summary="Measurements for Prometheus",
    response_class=Response,
    responses={200: {"description": "Success", "content": {"text/plain": {"schema": schemas.STRING}}}},
)
async def metrics(parts: Parts) -> Response:
    """Prometheus' text format."""
    return Response(parts.telemetry.exposition(), media_type=CONTENT_TYPE)
