"""How far of the log stands in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyiceberg.table import Table

from covid_core import lake
from covid_core.lake import Positions


def stored(table: Table) -> Positions | None:
    """The positions of the newest snapshot that has any."""
    return lake.newest(_summaries(table))


def _summaries(table: Table) -> Iterator[Mapping[str, str]]:
    snapshot = table.current_snapshot()
    while snapshot is not None:
        if snapshot.summary is not None:
            yield snapshot.summary.additional_properties
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent is not None else None
