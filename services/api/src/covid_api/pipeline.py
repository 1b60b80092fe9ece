"""What goes through the log now: how much, how far its readers are, what was refused, what came last, and
whether the stores were found to agree with it."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from confluent_kafka import Message

from covid_api import told
from covid_api.log_reader import LogReader, Offsets, translated
from covid_api.verifications import Verifications
from covid_core import dlq, topics
from covid_core.arrivals import place
from covid_core.records import Refused
from covid_core.verified import Verified

MINUTE_SECONDS: Final = 60
SLICE_SECONDS: Final = 5
NEWEST: Final = 40
"""Most records, and most dead letters of a topic, that are told one by one."""

FRESH_SECONDS: Final = 1.0
"""Who asks again sooner gets the same answer, so that many open pages cost no more than one."""

Place = tuple[str, int]


class Positions(Protocol):
    """What is asked of the broker for one consumer group. Every method blocks and may raise."""

    def places(self, topics: Sequence[str]) -> list[Place]:
        """All partitions of these topics."""

    def committed(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of the group, 0 where it has committed none."""


class Pipeline:
    """The state of the pipeline, as far as the broker knows it."""

    def __init__(
        self,
        log: LogReader,
        groups: Mapping[str, Positions],
        verifications: Verifications,
        now: Callable[[], dt.datetime],
        suffix: str = "",
    ) -> None:
        """`groups`: the positions of every group of `topics.readers(suffix)`, by its name. `suffix`: of the
        sinks' groups."""
        self._log = log
        self._groups = groups
        self._verifications = verifications
        self._now = now
        self._readers = topics.readers(suffix)
        self._stores = {topics.sink_group(name, suffix): name for name in topics.SINKS}
        self._lock = asyncio.Lock()
        self._answer: tuple[float, dict[str, Any]] | None = None

    async def state(self) -> dict[str, Any]:
        """The state now, as JSON. Raises `Unavailable`."""
        async with self._lock:
            if self._answer is None or time.monotonic() - self._answer[0] > FRESH_SECONDS:
                self._answer = time.monotonic(), await asyncio.to_thread(self._ask)
            return self._answer[1]

    def close(self) -> None:
        """Close the connections that read topics."""
        self._log.close()
        self._verifications.close()

    def _ask(self) -> dict[str, Any]:
        at = self._now()
        # Readers before ends: what comes in between makes a lag too great for a moment, never negative.
        committed = {reader: self._committed(*reader) for reader in self._readers}
        ends = {topic: self._log.ends(topic) for topic in (topics.RECORDS, topics.METRICS)}
        return {
            "at": at.isoformat(),
            "records": self._arrivals(at, ends[topics.RECORDS]),
            "readers": [
                _reader(group, self._stores.get(group), topic, done, ends[topic])
                for (group, topic), done in committed.items()
            ],
            "dead_letters": [self._letters(topic) for topic in (topics.RECORDS_DLQ, topics.METRICS_DLQ)],
            "verified": [_verified(each) for each in self._verifications.newest()],
        }

    def _committed(self, group: str, topic: str) -> int:
        positions = self._groups[group]
        with translated():
            return sum(positions.committed(positions.places([topic])).values())

    def _arrivals(self, at: dt.datetime, ends: Offsets) -> dict[str, Any]:
        now = int(at.timestamp())
        edges = range(now - MINUTE_SECONDS, now, SLICE_SECONDS)
        starts = [self._log.since(topics.RECORDS, edge * 1000) for edge in edges]
        counts = [
            max(0, sum(after.values()) - sum(before.values()))
            for before, after in zip(starts, [*starts[1:], ends], strict=True)
        ]
        newest = self._log.newest(topics.RECORDS, starts[0], NEWEST)
        return {
            "total": sum(ends.values()),
            "last_minute": sum(counts),
            "per_second": sum(counts) / MINUTE_SECONDS,
            "slice_seconds": SLICE_SECONDS,
            "slices": counts,
            "newest": [_arrival(message, len(ends)) for message in newest],
        }

    def _letters(self, topic: str) -> dict[str, Any]:
        ends = self._log.ends(topic)
        newest = self._log.newest(topic, {}, NEWEST) if sum(ends.values()) else []
        return {
            "topic": topic,
            "messages": sum(ends.values()),
            "newest": [_letter(message) for message in newest],
        }


def _reader(group: str, store: str | None, topic: str, committed: int, ends: Offsets) -> dict[str, Any]:
    end = sum(ends.values())
    return {
        "group": group,
        "store": store,
        "topic": topic,
        "committed": committed,
        "end": end,
        "lag": max(0, end - committed),
    }


def _verified(found: Verified) -> dict[str, Any]:
    return {**msgspec.to_builtins(found), "records": sum(found.records.values())}


def _arrival(message: Message, partitions: int) -> dict[str, Any]:
    arrived = told.arrival(message)
    try:
        at, partition = told.time(message), message.partition() or 0
        record = place(message.value(), at, partition, partitions=partitions).record
    except Refused as refused:
        return {**arrived, "id": None, "kind": "refused", "reason": refused.reason}
    return {**arrived, "id": record.id, "kind": told.kind(record)}


def _letter(message: Message) -> dict[str, Any]:
    at = told.time(message).isoformat()
    if message.value() is None:
        origin = (message.key() or b"").decode(errors="replace")
        return {"at": at, "code": "settled", "reason": "replayed or dropped", "origin": origin}
    try:
        letter = dlq.decode(message.value() or b"")
    except msgspec.DecodeError:
        return {"at": at, "code": "unreadable", "reason": "not a dead letter of this project", "origin": None}
    return {"at": at, "code": letter.code, "reason": letter.reason, "origin": letter.origin.id}
