"""Client of the COVID-19 tracker's API: rows as pandas or Arrow, corrections, and rows as they change.

from covid_client import Client

with Client("http://127.0.0.1:8000") as covid:
    frame = covid.metrics("CA-ON", start="2021-01-01", fields=["new_confirmed"]).to_pandas()
"""

from __future__ import annotations

from covid_client.answers import (
    Alert,
    Deletion,
    History,
    HistoryEntry,
    Region,
    Row,
    Source,
    State,
    Withdrawal,
    Written,
)
from covid_client.client import Client
from covid_client.errors import CovidError, Problem, Unreachable
from covid_client.metrics import Metrics
from covid_client.stream import Changed, Deleted, Live, Reset, Stream

__all__ = [
    "Alert",
    "Changed",
    "Client",
    "CovidError",
    "Deleted",
    "Deletion",
    "History",
    "HistoryEntry",
    "Live",
    "Metrics",
    "Problem",
    "Region",
    "Reset",
    "Row",
    "Source",
    "State",
    "Stream",
    "Unreachable",
    "Withdrawal",
    "Written",
]
