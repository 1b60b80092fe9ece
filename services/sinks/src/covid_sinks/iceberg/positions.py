"""Positions of the log in the summary of a snapshot, which make a commit exactly-once."""

from __future__ import annotations

import json
from typing import Final

from pyiceberg.table import Table

from covid_sinks.contract import Positions

TOPIC_ID: Final = "covid.topic-id"
OFFSETS: Final = "covid.offsets"
"""JSON: partition to next offset, of all partitions."""


def stored(table: Table) -> Positions | None:
    """The positions of the newest snapshot that has any (maintenance by others may commit without)."""
    snapshot = table.current_snapshot()
    while snapshot is not None:
        summary = snapshot.summary
        if summary is not None and summary.additional_properties.get(TOPIC_ID):
            offsets = json.loads(summary.additional_properties[OFFSETS])
            return Positions(summary.additional_properties[TOPIC_ID], {int(p): n for p, n in offsets.items()})
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent is not None else None
    return None


def properties(before: Positions | None, now: Positions | None) -> dict[str, str]:
    """What the next snapshot's summary says: `before`, advanced by `now`."""
    after = before.advanced(now) if before is not None and now is not None else now or before
    if after is None:
        return {}
    offsets = {str(partition): after.next_offsets[partition] for partition in sorted(after.next_offsets)}
    return {TOPIC_ID: after.topic_id, OFFSETS: json.dumps(offsets)}
