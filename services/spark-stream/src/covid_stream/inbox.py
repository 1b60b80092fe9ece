"""What arrives for one region in one micro-batch: records to merge, and those to refuse or move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from covid_core import dlq, topics
from covid_core.arrivals import place
from covid_core.logged import Logged
from covid_core.partitioning import partition_of
from covid_core.records import Refused, encode
from covid_stream.outputs import Output

COLUMNS: Final = ("bucket", "region", "value", "partition", "offset", "millis", "headers")
"""What the query selects of the log, in this order: the bucket that the region is in, the region that the JVM
has read, and what the broker has. `millis`: when the log received it, since 1970 UTC."""


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


MOST_TRACES: Final = 32
"""Of a region and micro-batch: each goes along as a header of 55 bytes, and a message has its limit."""


class Inbox(msgspec.Struct, frozen=True):
    """The outcome of sorting: records to merge, messages to publish instead.

    `traceparents`: the distinct trace contexts that came with records to merge, at most `MOST_TRACES`.
    `arrived`: when the log took each of these, in milliseconds since 1970 UTC.
    """

    logged: list[Logged]
    outputs: list[Output]
    traceparents: list[bytes]
    arrived: list[int]


def sort(region: str, arrivals: Iterable[Arrival], partitions: int) -> Inbox:
    """Decode what arrived as of `region` (empty where the JVM could read none).

    A record in a partition that is not its region's is published again under its region; only that
    copy is merged. A copy that was made when the topic had fewer partitions may stand elsewhere now: it says
    nothing, since its original is judged anew. What is not a valid record goes to the dead-letter queue.
    """
    inbox = Inbox([], [], [], [])
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
    names = dict(arrival.headers)
    if at_home:
        inbox.logged.append(Logged(record, arrival.offset, topics.Header.REQUEST_ID in names))
        inbox.arrived.append(round(arrival.timestamp.timestamp() * 1000))
        if topics.Header.TRACEPARENT in names:
            _note_traces(arrival, inbox.traceparents)
    elif topics.Header.ORIGIN not in names:
        moved = [
            (topics.Header.ORIGIN, arrival.origin.encode()),
            (topics.Header.PARTITIONS, str(partitions).encode()),
        ]
        headers = [*arrival.headers, *moved]
        # By this generation's count: Kafka's client may know of more by now, and would put it out of place.
        home = partition_of(record.region, partitions)
        inbox.outputs.append(Output(topics.RECORDS, record.region.encode(), encode(record), headers, home))
    elif names.get(topics.Header.PARTITIONS) in {None, str(partitions).encode()}:
        raise Refused("misplaced", "moved once already, and again not in its region's partition")


def _note_traces(arrival: Arrival, traceparents: list[bytes]) -> None:
    for name, value in arrival.headers:
        if (
            name == topics.Header.TRACEPARENT
            and value not in traceparents
            and len(traceparents) < MOST_TRACES
        ):
            traceparents.append(value)


def _refused(arrival: Arrival, refusal: Refused) -> Output:
    origin = dlq.LogOrigin(topics.RECORDS, arrival.partition, arrival.offset)
    letter = dlq.letter(refusal.code, refusal.reason, origin, arrival.value or b"")
    return Output(topics.RECORDS_DLQ, dlq.key(letter), dlq.encode(letter), arrival.headers)


def arrival_of(row: Any) -> tuple[str, Arrival]:
    """The region and the message of a row of `COLUMNS`."""
    # As a tuple: Spark's Row looks its names up one by one, several times as slow.
    _, region, value, partition, offset, millis, headers = row
    arrival = Arrival(
        None if value is None else bytes(value),
        partition,
        offset,
        dt.datetime.fromtimestamp(millis / 1000, dt.UTC),
        [(header["key"], bytes(header["value"] or b"")) for header in headers or ()],
    )
    return region, arrival
