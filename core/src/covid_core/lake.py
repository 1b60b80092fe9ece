"""The lake: its tables, and how far of the log stands in a snapshot of one.

Positions in the summary of a snapshot make a commit exactly-once, and tell readers what a table covers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

RECORDS: Final = "records"
"""The archive: every message of `covid.records` once, as it stood there."""
METRICS: Final = "metrics"
"""The current row of every key."""

TOPIC_ID: Final = "covid.topic-id"
OFFSETS: Final = "covid.offsets"
"""JSON: partition to next offset, of all partitions."""


class Positions(NamedTuple):
    """How far a topic has been read: the next offset of each partition, under Kafka's id of the topic."""

    topic_id: str
    next_offsets: Mapping[int, int]

    def covers(self, topic_id: str, partition: int, offset: int) -> bool:
        """Whether a message stands before these positions. Another topic's messages never do."""
        return topic_id == self.topic_id and offset < self.next_offsets.get(partition, 0)

    def advanced(self, other: Positions) -> Positions:
        """These positions and the other ones; the greater offset of each partition."""
        if other.topic_id != self.topic_id:
            return other
        both = dict(self.next_offsets)
        for partition, offset in other.next_offsets.items():
            both[partition] = max(offset, both.get(partition, 0))
        return Positions(self.topic_id, both)


class _Summary(Protocol):
    @property
    def additional_properties(self) -> Mapping[str, str]: ...


class _Snapshot(Protocol):
    @property
    def parent_snapshot_id(self) -> int | None: ...

    @property
    def summary(self) -> _Summary | None: ...


class Snapshots(Protocol):
    """What is asked of a table: PyIceberg's is one."""

    def current_snapshot(self) -> _Snapshot | None:
        """The newest, if there is any."""

    def snapshot_by_id(self, snapshot_id: int, /) -> _Snapshot | None:
        """One that has not expired yet."""


def stored(table: Snapshots) -> Positions | None:
    """How far of the log stands in a table: the positions of its newest snapshot that has any."""
    return newest(_summaries(table))


def _summaries(table: Snapshots) -> Iterator[Mapping[str, str]]:
    snapshot = table.current_snapshot()
    while snapshot is not None:
        if snapshot.summary is not None:
            yield snapshot.summary.additional_properties
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent is not None else None


def newest(summaries: Iterable[Mapping[str, str]]) -> Positions | None:
    """The positions of the first summary that has any: maintenance by others may commit without.

    `summaries`: properties of the current snapshot's summary, then of its parent's, and so on.
    """
    for summary in summaries:
        if summary.get(TOPIC_ID):
            offsets = json.loads(summary[OFFSETS])
            return Positions(summary[TOPIC_ID], {int(p): n for p, n in offsets.items()})
    return None


def properties(before: Positions | None, now: Positions | None) -> dict[str, str]:
    """What the next snapshot's summary says: `before`, advanced by `now`."""
    after = before.advanced(now) if before is not None and now is not None else now or before
    if after is None:
        return {}
    offsets = {str(partition): after.next_offsets[partition] for partition in sorted(after.next_offsets)}
    return {TOPIC_ID: after.topic_id, OFFSETS: json.dumps(offsets)}
