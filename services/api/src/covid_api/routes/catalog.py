"""Which sources and regions there are."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from covid_api.deps import Parts
from covid_api.openapi import example, problems_of
from covid_core import regions
from covid_core.regions import Region
from covid_core.sources import NAMES

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get(
    "/sources",
    summary="Sources, and the regions each reports",
    responses={
        200: example(
            {
                "data": [
                    {
                        "source": "phac",
                        "name": "Public Health Agency of Canada, daily file",
                        "name_fr": "Agence de la santé publique du Canada, fichier quotidien",
                        "regions": ["CA", "CA-ON"],
                    }
                ]
            }
        ),
        **problems_of(503),
    },
)
async def sources(parts: Parts) -> dict[str, Any]:
    """Every source that has rows; its names are null for a publisher of its own."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for source, region in await parts.reader.pairs():
        found[source].append(region)
    return {
        "data": [{"source": source, **_names(source), "regions": codes} for source, codes in found.items()]
    }


def _names(source: str) -> dict[str, str | None]:
    known = NAMES.get(source)
    return {"name": known and known.english, "name_fr": known and known.french}


@router.get(
    "/regions",
    summary="Regions, their populations and the sources that report them",
    responses={
        200: example(
            {
                "data": [
                    {
                        "region": "CA-ON",
                        "name": "Ontario",
                        "name_fr": "Ontario",
                        "kind": "province",
                        "country": "CA",
                        "population": 14826276,
                        "sources": ["jhu", "merged", "phac"],
                    }
                ]
            }
        ),
        **problems_of(422, 503),
    },
)
async def region_list(
    parts: Parts,
    source: Annotated[
        str | None, Query(description="only regions that this source reports", examples=["phac"])
    ] = None,
) -> dict[str, Any]:
    """Every known region, Canada and its provinces first. Population: residents on 2021-07-01, or null."""
    reporting: defaultdict[str, list[str]] = defaultdict(list)
    for name, code in await parts.reader.pairs(source):
        reporting[code].append(name)
    listed = [region for region in regions.ALL if source is None or region.code in reporting]
    return {"data": [_describe(region, reporting.get(region.code, [])) for region in listed]}


def _describe(region: Region, sources: list[str]) -> dict[str, Any]:
    return {
        "region": region.code,
        "name": region.name,
        "name_fr": region.name_fr,
        "kind": region.kind.value,
        "country": region.country,
        "population": regions.population(region.code),
        "sources": sources,
    }
