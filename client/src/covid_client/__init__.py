"""Client of the COVID-19 tracker's API: rows as pandas or Arrow, corrections, and rows as they change.

from covid_client import Client

with Client("http://127.0.0.1:8000") as covid:
    frame = covid.metrics("CA-ON", start="2021-01-01", fields=["new_confirmed"]).to_pandas()
"""

from __future__ import annotations

from covid_client.answers import (
    Alert,
    Correction,
    Deletion,
    Disagreement,
    Explanation,
    History,
    HistoryEntry,
    Input,
    Nowcast,
    Region,
    Revision,
    Revisions,
    Row,
    Source,
    State,
    Withdrawal,
    Written,
)
from covid_client.client import Client
from covid_client.errors import CovidError, Problem, Unreachable
from covid_client.stream import Changed, Deleted, Live, Reset, Stream
from covid_client.table import Table

__all__ = [
    "Alert",
    "Changed",
    "Client",
    "Correction",
    "CovidError",
    "Deleted",
    "Deletion",
    "Disagreement",
    "Explanation",
    "History",
    "HistoryEntry",
    "Input",
    "Live",
    "Nowcast",
    "Problem",
    "Region",
    "Reset",
    "Revision",
    "Revisions",
    "Row",
    "Source",
    "State",
    "Stream",
    "Table",
    "Unreachable",
    "Withdrawal",
    "Written",
]
