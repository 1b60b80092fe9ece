"""The whole set, described for programs that read any set."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from covid_api.datapackage import descriptor
from covid_api.deps import Parts
from covid_api.formats import Format
from covid_api.openapi.rows import DATAPACKAGE_RESPONSES
from covid_api.problems import Problem
from covid_api.query import PackageQuery
from covid_api.region_log import check
from covid_api.routes import metrics

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get(
    "/datapackage.json",
    summary="The whole set as a Frictionless Data Package",
    responses=DATAPACKAGE_RESPONSES,
)
async def datapackage(
    request: Request, parts: Parts, asked: Annotated[PackageQuery, Query()]
) -> dict[str, Any]:
    """A table a source, as CSV of `/v1/metrics`: its address, each column's type, unit, meaning, formula and
    constraints, and the publishers with their licences. What is asked for here, the addresses ask for.

    With `as_of` or `known_at` each table has at most 50 regions: name them in `region`.
    """
    codes = asked.region_codes()
    regions = Counter(source for source, region in await parts.reader.pairs() if not codes or region in codes)
    if not regions:
        raise Problem(404, "There are no rows of these regions yet.", code="no-rows")
    if asked.moment() is not None:
        check(max(regions.values()))
    tables = {source: _address(request, source, asked) for source in sorted(regions)}
    return descriptor(tables, asked.offered(), parts.now())


def _address(request: Request, source: str, asked: PackageQuery) -> str:
    given = {"source": source, "format": Format.CSV.value}
    codes = asked.region_codes()
    if codes:
        given["region"] = ",".join(codes)
    for name in ("as_of", "known_at"):
        moment = getattr(asked, name)
        if moment is not None:
            given[name] = moment.isoformat()
    path = metrics.router.url_path_for("metrics")
    return str(path.make_absolute_url(request.base_url).include_query_params(**given))
