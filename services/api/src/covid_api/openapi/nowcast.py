"""What is expected of the latest days."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.openapi.answers import Responses, problems_of, table

_NOWCAST: Final = {
    "source": "phac",
    "region": "CA-QC",
    "date": "2021-11-08",
    "field": "deaths",
    "delay": 0,
    "reported": 4,
    "expected": 4,
    "lower": 2,
    "upper": 4,
    "reason": None,
    "reports": 4,
    "learnt_from": 83,
}

NOWCAST_RESPONSES: Final[Responses] = {
    200: table("Nowcasts in the format asked for, by region", schemas.NOWCASTS, schemas.NOWCAST, _NOWCAST),
    **problems_of(422, 503),
}
