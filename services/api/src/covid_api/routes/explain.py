"""Why a number is what it is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from covid_api.deps import Parts
from covid_api.openapi.history import EXPLAIN_RESPONSES
from covid_api.paging import rows_at
from covid_api.problems import Problem, unknown_record
from covid_api.query import ExplainQuery
from covid_core.catalog.units import code_of
from covid_core.explain import Input, days_of, explain, measure_of
from covid_core.records import EARLIEST, RecordKey, parse_id, record_id
from covid_core.regions import population

router = APIRouter(prefix="/v1", tags=["records"])


@router.get(
    "/explain",
    summary="A number with its formula, its inputs and its arithmetic",
    response_class=Response,
    responses=EXPLAIN_RESPONSES,
)
async def get_explanation(parts: Parts, asked: Annotated[ExplainQuery, Query()]) -> Response:
    """`arithmetic` is the formula with the numbers put in, so that a person can redo it (null for a formula
    of sums over many days, as that of Rt); where there is no value, `reason` says what is missing. Each of
    `inputs` names its record, and in `lineage` the log offsets (in the region's partition) of what set that
    day's counts: `/v1/records/history` shows them. With `as_of` or `known_at` all is as known then.
    """
    key = parse_id(asked.id)
    try:
        measure = measure_of(asked.metric)
    except LookupError as error:
        raise Problem(422, f"metric: {error.args[0]}", code="invalid-parameter") from error
    if key.date < EARLIEST:  # no record is of such a day, and near the year 1 there is none before it
        raise unknown_record(asked.id)
    keys = [RecordKey(key.source, key.region, day) for day in days_of(measure, key.date)]
    rows = {found.date: row for found, row in (await rows_at(parts, keys, asked.moment())).items()}
    if key.date not in rows or rows[key.date].deleted:
        raise unknown_record(asked.id)
    explained = explain(measure, key.date, rows, population(key.region))
    answer = {
        "id": asked.id,
        "metric": measure.column,
        "title": measure.title.en,
        "unit": code_of(measure.column),
        "formula": measure.formula,
        "reference": measure.reference,
        "value": explained.value,
        "arithmetic": explained.arithmetic,
        "reason": explained.reason,
        "population": explained.population,
        "inputs": [_plain(key, one) for one in explained.inputs],
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _plain(key: RecordKey, one: Input) -> dict[str, Any]:
    return {
        # A merged row's count is of a record of the source that it was taken from.
        "id": record_id(one.source or key.source, key.region, one.date),
        "field": one.field,
        "value": one.value,
        "status": one.status,
        "source": one.source,
        "revision": one.revision,
        "lineage": [int(offset) for offset in (one.lineage or "").split(",") if offset],
    }
