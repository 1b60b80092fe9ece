"""Messages of `covid.metrics` as what listeners are sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec

from covid_core import messages
from covid_core.rows import KEY, NAMES, Row

log = logging.getLogger(__name__)

MOST_ROWS: Final = 64
"""Rows of an event, about 60 KB: what a listener that does not read holds in memory."""

_OVERHEAD: Final = 500
"""Bytes of an entry besides its texts, roughly."""

_ORDER: Final = ("revision", "generation")
_SHOWN: Final = tuple((i, name) for i, name in enumerate(NAMES) if name != "deleted")

_encoder: Final = msgspec.json.Encoder()


class Part(NamedTuple):
    """Rows of one region and source: the data of one event."""

    region: str
    source: str
    data: str


class Entry(NamedTuple):
    """A message: where and when it stands in the log, and its parts. `time` is POSIX, in seconds."""

    partition: int
    offset: int
    time: float
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Memory that it takes, in bytes."""
        return _OVERHEAD + sum(len(part.data) for part in self.parts)


def entry(partition: int, offset: int, time: float, value: bytes | None) -> Entry:
    """The entry of a message. One that cannot be read is logged, and has no parts."""
    try:
        rows = messages.decode(value)
    except messages.BadMessage as error:
        # The sinks send it to the dead letters; here it only must not stop the others.
        log.warning("covid.metrics, partition %d, offset %d: %s", partition, offset, error)
        rows = []
    return Entry(partition, offset, time, tuple(_parts(rows)))


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    for (region, source), group in groupby(rows, key=lambda row: (row.region, row.source)):
        those = list(group)
        for start in range(0, len(those), MOST_ROWS):
            yield Part(region, source, _data(those[start : start + MOST_ROWS]))


def _data(rows: Sequence[Row]) -> str:
    """`data` are rows as `/v1/metrics` gives them, `deleted` the keys of those that are no more."""
    content = {
        "data": [_shown(row) for row in rows if not row.deleted],
        "deleted": [{name: getattr(row, name) for name in (*KEY, *_ORDER)} for row in rows if row.deleted],
    }
    return _encoder.encode(content).decode()


def _shown(row: Row) -> dict[str, Any]:
    cells = msgspec.structs.astuple(row)
    return {name: cells[i] for i, name in _SHOWN}
