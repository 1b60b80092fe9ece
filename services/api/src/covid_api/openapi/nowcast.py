"""What is expected of the latest days."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.openapi.answers import Responses, problems_of, table

_NOWCAST: Final = {
    "source": "jhu",
    "region": "US",
    "date": "2021-01-22",
    "field": "deaths",
    "delay": 0,
    "reported": 3758,
    "expected": 3727,
    "lower": 3477,
    "upper": 4166,
    "reason": None,
    "reports": 2,
    "learnt_from": 28,
}

NOWCAST_RESPONSES: Final[Responses] = {
    200: table("Nowcasts in the format asked for, by region", schemas.NOWCASTS, schemas.NOWCAST, _NOWCAST),
    **problems_of(422, 503),
}
