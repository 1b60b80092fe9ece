"""What arrives for one region in one micro-batch: records to merge, and those to refuse or move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from covid_core import dlq, topics
from covid_core.arrivals import place
from covid_core.records import Refused, encode
from covid_core.region_state import Logged
from covid_stream.outputs import Output


class Arrival(msgspec.Struct, frozen=True):
    """One message of `covid.records` as the broker has it."""

    value: bytes | None
    partition: int
    offset: int
    timestamp: dt.datetime
    headers: Sequence[tuple[str, bytes]]

    @property
    def origin(self) -> str:
        """`topic:partition:offset`."""
        return f"{topics.RECORDS}:{self.partition}:{self.offset}"


class Inbox(msgspec.Struct, frozen=True):
    """The outcome of sorting: records to merge, messages to publish instead."""

    logged: list[Logged]
    outputs: list[Output]


def sort(region: str, arrivals: Iterable[Arrival], partitions: int) -> Inbox:
    """Decode what arrived under the grouping key `region` (empty where none could be read).

    A record in a partition that is not its region's is published again under its region; only that
    copy is merged. What is not a valid record goes to the dead-letter queue.
    """
    inbox = Inbox([], [])
    for arrival in arrivals:
        try:
            _sort_one(region, arrival, partitions, inbox)
        except Refused as refusal:
            inbox.outputs.append(_refused(arrival, refusal))
    return inbox


def _sort_one(region: str, arrival: Arrival, partitions: int, inbox: Inbox) -> None:
    record, at_home = place(
        arrival.value, arrival.timestamp, arrival.partition, grouped=region, partitions=partitions
    )
    names = {name for name, _ in arrival.headers}
    if at_home:
        inbox.logged.append(Logged(record, arrival.offset, topics.Header.REQUEST_ID in names))
    elif topics.Header.ORIGIN in names:
        raise Refused("misplaced", "moved once already, and again not in its region's partition")
    else:
        headers = [*arrival.headers, (topics.Header.ORIGIN, arrival.origin.encode())]
        inbox.outputs.append(Output(topics.RECORDS, record.region.encode(), encode(record), headers))


def _refused(arrival: Arrival, refusal: Refused) -> Output:
    origin = dlq.LogOrigin(topics.RECORDS, arrival.partition, arrival.offset)
    letter = dlq.letter(refusal.code, refusal.reason, origin, arrival.value or b"")
    return Output(topics.RECORDS_DLQ, dlq.key(letter), dlq.encode(letter), arrival.headers)


def arrival_of(row: Any) -> Arrival:
    """From a row of Spark's Kafka source."""
    headers = [(h["key"], bytes(h["value"] or b"")) for h in row.headers or ()]
    value = None if row.value is None else bytes(row.value)
    timestamp = dt.datetime.fromtimestamp(row.millis / 1000, dt.UTC)
    return Arrival(value, row.partition, row.offset, timestamp, headers)
