"""What several answers show as an example."""

from __future__ import annotations

from typing import Final

ID: Final = "phac:CA-ON:2021-01-02"

POSITION: Final = {"topic": "covid.records", "partition": 1, "offset": 12345}

RECORD: Final = {
    "source": "phac",
    "region": "CA-ON",
    "date": "2021-01-02",
    "confirmed": 190962,
    "deaths": 4671,
}

ROW: Final = {
    "source": "phac",
    "region": "CA-ON",
    "date": "2021-01-02",
    "confirmed": 190962,
    "deaths": 4671,
    "recovered": None,
    "recovered_status": "missing",
    "new_confirmed": 3363,
    "revision": 12346,
    "lineage": "12345",
}
