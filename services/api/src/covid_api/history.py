"""Every record of one id that is in the log: what was said, when, by whom and under which request, and the
values that the record had by it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from covid_api import told
from covid_api.log_reader import LogReader, Part
from covid_api.turn import Turn
from covid_core import records, topics
from covid_core.logged import Logged
from covid_core.records import Record, RecordKey
from covid_core.revisions import revisions
from covid_core.topics import Header

Found = deque[tuple[Message, Record]]

SEARCHED: Final = 300_000
"""Most messages that one answer looks through, the newest of the region's partition: a few seconds."""

SHOWN: Final = 1000


class History:
    """Looks through the log itself, so what it says is exact, and costs as much as the log is long."""

    def __init__(self, log: LogReader, turn: Turn, searched: int = SEARCHED) -> None:
        self._log = log
        self._turn = turn
        self._searched = searched

    async def of(self, key: RecordKey) -> dict[str, Any]:
        """The records, oldest first, as JSON. `complete`: whether all of the log was looked through, which
        begins at `from_offset` otherwise. Raises `Unavailable`, 503 while too many look."""
        return await self._turn.run(self._look, key, _records)

    async def revisions(self, key: RecordKey) -> dict[str, Any]:
        """The values that the record has had, by when they were reported. Form and errors are the same."""
        return await self._turn.run(self._look, key, _revisions)

    def close(self) -> None:
        """Close the connection."""
        self._log.close()

    def _look(self, key: RecordKey, told_by: Callable[[Found], list[dict[str, Any]]]) -> dict[str, Any]:
        # Any way of writing the record has its date in it, if it escapes nothing: only what may is decoded.
        date = key.date.isoformat().encode()
        found: Found = deque(maxlen=SHOWN)
        count = 0
        part = self._log.partition_of(topics.RECORDS, key.region, self._searched)
        for message in part.read():
            value = message.value() or b""
            may = date in value or b"\\u" in value
            if may and (record := _of_key(part, message, key)) is not None:
                found.append((message, record))
                count += 1
        return {
            "id": records.record_id(key.source, key.region, key.date),
            "complete": part.complete and count <= SHOWN,
            "from_offset": part.first if count <= SHOWN else found[0][0].offset(),
            "data": told_by(found),
        }


def _of_key(part: Part, message: Message, key: RecordKey) -> Record | None:
    record = part.merged(message.value(), told.time(message))
    if record is None or RecordKey(record.source, record.region, record.date) != key:
        return None
    return record


def _records(found: Found) -> list[dict[str, Any]]:
    return [{**_head(message, record), "record": msgspec.to_builtins(record)} for message, record in found]


def _revisions(found: Found) -> list[dict[str, Any]]:
    messages = {message.offset() or 0: message for message, _ in found}
    logged = (Logged(record, message.offset() or 0) for message, record in found)
    return [
        {
            **_head(messages[revision.by.offset], revision.by.record),
            "reported_at": revision.by.reported_at.isoformat(),
            "values": revision.values,
        }
        for revision in revisions(logged)
    ]


def _head(message: Message, record: Record) -> dict[str, Any]:
    headers = told.headers(message)
    return {
        **told.arrival(message),
        "kind": told.kind(record),
        "request_id": headers.get(Header.REQUEST_ID),
        "origin": headers.get(Header.ORIGIN),
    }
