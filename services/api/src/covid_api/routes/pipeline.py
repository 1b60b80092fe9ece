"""What goes through the log now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from covid_api import schemas
from covid_api.deps import Parts
from covid_api.openapi.answers import answer, problems_of

router = APIRouter(prefix="/v1", tags=["operations"])


@router.get(
    "/pipeline",
    summary="What goes through the log: arrivals, lag of each reader, dead letters, the last verification",
    responses={200: answer(schemas.PIPELINE), **problems_of(503)},
)
async def pipeline(parts: Parts) -> dict[str, Any]:
    """As the broker knows it, at most a second old. Lag is in messages; `store` is null for the stream.

    `slices` counts the records of the last minute, `slice_seconds` each, the oldest first.
    `verified` is what the newest `covid verify` found in each store, empty where none ran yet: `verdict` is
    equal, different, lagging (it was not compared) or refused (only rows differ that the store refused);
    `records` is how many messages the log had when it began.
    """
    return await parts.pipeline.state()
