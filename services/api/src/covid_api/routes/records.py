"""Single records: look up, correct, delete, undo. Writes go to the log and are answered from DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Query, Request, Response

from covid_api import body, submissions, told
from covid_api.auth import Writer
from covid_api.context import record_headers
from covid_api.deps import Deps, Parts
from covid_api.openapi.records import (
    DELETE_RESPONSES,
    GET_RESPONSES,
    POST_BODY,
    POST_RESPONSES,
    WITHDRAW_RESPONSES,
)
from covid_api.paging import rows_at
from covid_api.problems import Problem, unknown_record
from covid_api.query import Id, RecordQuery
from covid_api.waiting import Outcome, Written, outcomes
from covid_core.records import Record, parse_id
from covid_core.replay import Moment
from covid_core.rows import Row

router = APIRouter(prefix="/v1/records", tags=["records"])

LONGEST_WAIT_SECONDS: Final = 60.0
DEFAULT_WAIT_SECONDS: Final = 10.0
"""How long a deletion or withdrawal waits for its confirmation unless told."""

_wait = Query(ge=0, le=LONGEST_WAIT_SECONDS, allow_inf_nan=False, description="seconds to wait for DynamoDB")
Wait = Annotated[float, _wait]


@router.get("", summary="The merged state of one record", response_class=Response, responses=GET_RESPONSES)
async def get_record(parts: Parts, asked: Annotated[RecordQuery, Query()]) -> Response:
    """Counts, statuses, metrics, revision and lineage (offsets in the region's partition of the log); with
    `as_of` or `known_at` as known then."""
    row = await _live_row(parts, asked.id, asked.moment())
    if row is None:
        raise unknown_record(asked.id)
    return _json(200, _state(asked.id, row))


@router.post(
    "",
    summary="Correct or insert records",
    status_code=202,
    response_class=Response,
    responses=POST_RESPONSES,
    openapi_extra=POST_BODY,
)
async def post_records(
    request: Request, parts: Parts, key: Writer, wait: Annotated[float | None, _wait] = None
) -> Response:
    """One record, or a list of at most 1,000: all are written or, if any is invalid, none.

    Every record becomes a correction, which stands over the publishers' reports until it is withdrawn.
    202: in the log. With `wait`: 201 once DynamoDB shows every record, 200 when all are settled but
    something newer stands instead (`applied: false`), 202 when the time was too short to tell.
    """
    submission = submissions.parse(await body.read(request), parts.now())
    written = await _append(request, parts, key.actor, submission.records)
    settled = await _settle(parts, written, wait)
    entries = [
        _entry(item, outcome, wait is not None) for item, outcome in zip(written, settled, strict=True)
    ]
    content: Any = {"records": entries} if submission.listed else entries[0]
    headers = {} if submission.listed else _location(written[0].record.id)
    return _json(_status(settled), content, headers)


@router.delete("", summary="Delete a record", response_class=Response, responses=DELETE_RESPONSES)
async def delete_record(
    request: Request,
    parts: Parts,
    key: Writer,
    id: Id,
    wait: Wait = DEFAULT_WAIT_SECONDS,
) -> Response:
    """Publishes a tombstone and waits until DynamoDB, read consistently, no longer shows the record.

    The days after it that depend on it are corrected in every store. Withdrawing undoes a deletion.
    """
    tombstone = submissions.tombstone(parse_id(id), parts.now())
    if await _live_row(parts, id) is None:
        raise unknown_record(id)
    written = await _append(request, parts, key.actor, [tombstone])
    (outcome,) = await _settle(parts, written, wait)
    position = msgspec.structs.asdict(written[0].position)
    if outcome is None:
        return _json(202, {"id": id, "confirmed": False, **position}, _location(id))
    if not outcome.applied:
        raise Problem(409, f"Not deleted: {outcome.reason}.", code="newer-stands", id=id, **position)
    return _json(200, {"id": id, "deleted": True, "confirmed": True, **position})


@router.post(
    "/withdraw",
    summary="Undo corrections and deletions",
    response_class=Response,
    responses=WITHDRAW_RESPONSES,
)
async def withdraw_record(
    request: Request,
    parts: Parts,
    key: Writer,
    id: Id,
    wait: Wait = DEFAULT_WAIT_SECONDS,
) -> Response:
    """Voids every correction and deletion of this record so far; what the publishers report shows again.

    `record` is the row afterwards, null where no publisher reports it.
    """
    withdrawal = submissions.withdrawal(parse_id(id), parts.now())
    written = await _append(request, parts, key.actor, [withdrawal])
    (outcome,) = await _settle(parts, written, wait)
    position = msgspec.structs.asdict(written[0].position)
    if outcome is None:
        return _json(202, {"id": id, "confirmed": False, **position}, _location(id))
    state = None if outcome.row.deleted else _state(id, outcome.row)
    return _json(200, {"id": id, "withdrawn": True, "confirmed": True, **position, "record": state})


async def _live_row(parts: Deps, record_id: str, moment: Moment | None = None) -> Row | None:
    key = parse_id(record_id)
    row = (await rows_at(parts, [key], moment)).get(key)
    return None if row is None or row.deleted else row


async def _append(request: Request, parts: Deps, actor: str, batch: Sequence[Record]) -> list[Written]:
    headers = record_headers(request.state.request_id, actor, len(batch))
    positions = await parts.writer.append(batch, headers)
    for record in batch:
        parts.telemetry.written(told.kind(record), 1)
    return [Written(record, position) for record, position in zip(batch, positions, strict=True)]


async def _settle(parts: Deps, written: Sequence[Written], wait: float | None) -> list[Outcome | None]:
    if not wait:
        return [None] * len(written)
    start = time.perf_counter()
    settled = await outcomes(parts.reader, parts.generations, written, wait, parts.closing)
    if None not in settled:
        parts.telemetry.confirmed(time.perf_counter() - start)
    return settled


def _status(settled: Sequence[Outcome | None]) -> int:
    if None in settled:
        return 202
    return 201 if all(outcome.applied for outcome in settled if outcome is not None) else 200


def _entry(written: Written, outcome: Outcome | None, waited: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": written.record.id, **msgspec.structs.asdict(written.position)}
    if outcome is None:
        return {**entry, "applied": None} if waited else entry
    entry["applied"] = outcome.applied
    if outcome.reason is not None:
        entry["reason"] = outcome.reason
    entry["record"] = None if outcome.row.deleted else _state(written.record.id, outcome.row)
    return entry


def _state(record_id: str, row: Row) -> dict[str, Any]:
    return {
        "id": record_id,
        **{name: v for name, v in msgspec.structs.asdict(row).items() if name != "deleted"},
    }


def _location(record_id: str) -> dict[str, str]:
    return {"Location": f"/v1/records?id={quote(record_id, safe=':')}"}


def _json(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, "application/json")
