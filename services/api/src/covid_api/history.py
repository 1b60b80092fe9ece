"""Every record of one id that is in the log: what was said, when, by whom and under which request."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from covid_api import told
from covid_api.log_reader import LogReader
from covid_api.turn import Turn
from covid_core import records, topics
from covid_core.records import Record, RecordKey, Refused
from covid_core.topics import Header

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
        return await self._turn.run(self._look, key)

    def close(self) -> None:
        """Close the connection."""
        self._log.close()

    def _look(self, key: RecordKey) -> dict[str, Any]:
        # Any way of writing the record has its date in it: only what has is decoded.
        date = key.date.isoformat().encode()
        found: deque[dict[str, Any]] = deque(maxlen=SHOWN)
        count = 0
        messages = self._log.partition_of(topics.RECORDS, key.region, self._searched)
        for message in messages.read():
            if date in (message.value() or b"") and (record := _decoded(message, key)) is not None:
                found.append(_entry(message, record))
                count += 1
        complete = messages.complete and count <= SHOWN
        return {
            "id": records.record_id(key.source, key.region, key.date),
            "complete": complete,
            "from_offset": messages.first if count <= SHOWN else found[0]["offset"],
            "data": list(found),
        }


def _decoded(message: Any, key: RecordKey) -> Record | None:
    try:
        record = records.decode(message.value(), told.time(message))
    except Refused:
        return None
    return record if RecordKey(record.source, record.region, record.date) == key else None


def _entry(message: Any, record: Record) -> dict[str, Any]:
    headers = told.headers(message)
    return {
        **told.arrival(message),
        "kind": told.kind(record),
        "request_id": headers.get(Header.REQUEST_ID),
        "origin": headers.get(Header.ORIGIN),
        "record": msgspec.to_builtins(record),
    }
