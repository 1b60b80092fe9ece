"""Of alerts."""

from __future__ import annotations

from typing import Final

from covid_api import schemas
from covid_api.openapi.answers import Responses, problems_of, table

_ALERT: Final = {
    "id": "incidence-high:CA-ON:2021-12-20",
    "rule": "incidence-high",
    "kind": "threshold",
    "severity": "warning",
    "state": "resolved",
    "region": "CA-ON",
    "source": "merged",
    "metric": "incidence_7d",
    "title_en": "7-day incidence ≥ 100, 3 days in a row",
    "title_fr": "Incidence sur 7 jours ≥ 100, 3 jours de suite",
    "since": "2021-12-18",
    "onset": "2021-12-20",
    "until": "2022-02-20",
    "day": "2022-02-19",
    "value": 100.4,
    "peak": 690.2,
    "old": None,
    "new": None,
    "as_of": "2022-06-05",
}

ALERTS_RESPONSES: Final[Responses] = {
    200: table(
        "Alerts in the format asked for, the newest onset first", schemas.ALERTS, schemas.ALERT, _ALERT
    ),
    **problems_of(422, 503),
}
