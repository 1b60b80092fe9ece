"""What every framework that takes one record at a time has to do with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from covid_core.months import Chunks
from covid_core.region_state import Head, advance
from covid_stream.inbox import Arrival, sort
from covid_stream.outputs import Output, metrics_messages

PARTITIONS: Final = 4
"""Of the topics, as `covid_core.settings` has it unless told."""
HEAD: Final = "head"
"""Key of a region's head, beside those of its chunks."""
_decoder = msgspec.msgpack.Decoder(Head)
_encoder = msgspec.msgpack.Encoder()


def handle(region: str, value: bytes, place: tuple[int, int], millis: int, state: Chunks) -> Sequence[Output]:
    """One record at (partition, offset), taken by the log at so many milliseconds since 1970. Raises
    `ValueError` for one that is refused."""
    stamp = dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
    inbox = sort(region, [Arrival(value, *place, stamp, ())], PARTITIONS)
    if not inbox.logged:
        raise ValueError(f"the record at {place} is refused: its rows are not part of the work")
    stored = state.get(HEAD)
    head = Head() if stored is None else _decoder.decode(stored)
    head, rows = advance(region, head, state, inbox.logged, 1)
    state.put(HEAD, _encoder.encode(head))
    return list(metrics_messages(region, rows))
