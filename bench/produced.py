"""Whether who was measured has done the work: every record's row must be there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bench.log import Log
from covid_core import messages, topics
from covid_core.records import RecordKey
from covid_process.topic import messages as read

_decoder = msgspec.json.Decoder(RecordKey)


def require(log: Log, output: str) -> None:
    """Raises `ValueError` where a record of `covid.records` has no row on the topic `output`."""
    said = {_decoder.decode(value) for value in _values(log, topics.RECORDS)}
    made = {
        RecordKey(row.source, row.region, row.date)
        for value in _values(log, output)
        for row in messages.decode(value)
    }
    if missing := said - made:
        raise ValueError(
            f"{output} lacks {len(missing):,} of {len(said):,} rows, {min(missing)} for one: "
            "less work was done than is measured"
        )


def _values(log: Log, topic: str) -> Iterator[bytes]:
    return (message.value() or b"" for message in read(log.connection, topic, {}, log.ends(topic), "bench"))
