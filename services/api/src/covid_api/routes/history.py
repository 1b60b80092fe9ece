"""What was ever said of one record."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from covid_api.deps import Parts
from covid_api.openapi.history import HISTORY_RESPONSES, REVISIONS_RESPONSES
from covid_api.problems import Problem, unknown_record
from covid_api.query import Id
from covid_core.records import MERGED, RecordKey, parse_id

router = APIRouter(prefix="/v1", tags=["records"])


@router.get(
    "/records/history",
    summary="All that was ever said of one record, and by whom",
    response_class=Response,
    responses=HISTORY_RESPONSES,
)
async def get_history(parts: Parts, id: Id) -> Response:
    """Every report, correction, deletion and withdrawal of it in the log, oldest first.

    `actor` is who wrote it: `producer`, or `api:` and the id of a key. `request_id` is the X-Request-ID of
    the answer to that write, a colon and the record's place in its list. `origin`: where in the log the
    record first stood, if it had to be moved to its region's partition. `complete` is false where only the
    newest part of a long log was looked through.
    """
    return _found(id, await parts.history.of(_reported(id)))


@router.get(
    "/revisions",
    summary="Every value that a record has had",
    response_class=Response,
    responses=REVISIONS_RESPONSES,
)
async def get_revisions(parts: Parts, id: Id) -> Response:
    """By when its source, or a person, said so (`reported_at`), whatever the order in which it came to the
    log (`at`); a report that repeats what was known is left out. `file`: name and SHA-256 of the files that
    brought it. `values` is empty where the record was deleted. The other members are those of
    `/v1/records/history`.
    """
    return _found(id, await parts.history.revisions(_reported(id)))


def _reported(record_id: str) -> RecordKey:
    """The key of a record that is in the log."""
    key = parse_id(record_id)
    if key.source == MERGED:
        raise Problem(422, "id: rows of the source merged are computed; ask for those of a publisher")
    return key


def _found(record_id: str, found: dict[str, Any]) -> Response:
    if found["complete"] and not found["data"]:
        raise unknown_record(record_id)
    return Response(msgspec.json.encode(found), media_type="application/json")
