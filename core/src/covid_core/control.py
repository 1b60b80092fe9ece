"""Messages of the compacted topic `covid.control`: which generation of the rows is current.

A generation is one reading of the whole log by one definition of the metrics. It is raised when the
definition or its serial interval changes, the partition count changes or the log is made anew.
"""

from __future__ import annotations

from typing import Final

import msgspec

from covid_core import decoding
from covid_core.rt import DEFAULT_INTERVAL, SerialInterval

GENERATION: Final = b"generation"
"""Key of the current `Generation`."""

DRAINED: Final = b"drained"
"""Key of the newest `Drained`."""


BACKFILL: Final = b"backfill"
"""Key of the newest `Backfill`."""

RESTORED: Final = b"restored"
"""Key of the newest `Restored`."""


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """A generation, and what it was made from."""

    generation: int
    """Its number: 1, then one more each time."""
    definition: int
    """Version of the metrics' definition."""
    partitions: int
    """How many `covid.records` has."""
    topic_id: str
    """Kafka's id of `covid.records`."""
    serial_interval: SerialInterval = DEFAULT_INTERVAL
    """Of Rt, as the stream was set."""


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """A generation whose rows have replaced all older ones by these end offsets of `covid.metrics`.

    A sink that has committed past them may drop the rows of older generations.
    """

    generation: int
    """Its number."""
    metrics_end: dict[int, int]
    """End offset by partition of `covid.metrics`."""


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill of `covid.metrics` has come, so that one that was killed can go on."""

    generation: int
    """Of the rows."""
    topic_id: str
    """Kafka's id of `covid.records`."""
    offsets: dict[int, int]
    """How far of the log the rows say, by partition."""
    scope: str
    """What was wanted, as text."""
    regions: tuple[str, ...]
    """Those whose rows stand on the topic."""
    complete: bool
    """Whether those are all."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A log that was refilled from the archive."""

    topic_id: str
    """Kafka's id of the new `covid.records`."""
    generation: int
    """The one that was begun for it."""


_generation: Final = msgspec.json.Decoder(Generation)
_drained: Final = msgspec.json.Decoder(Drained)


def encode(message: Generation | Drained | Backfill | Restored) -> bytes:
    """The message as JSON."""
    return msgspec.json.encode(message)


def decode_generation(value: bytes) -> Generation:
    """Raises `msgspec.MsgspecError` when it is not one."""
    return decoding.decode(_generation, value)


def decode_drained(value: bytes) -> Drained:
    """Raises `msgspec.MsgspecError` when it is not one."""
    return decoding.decode(_drained, value)


def current(
    stored: Generation | None,
    *,
    definition: int,
    partitions: int,
    topic_id: str,
    serial_interval: SerialInterval = DEFAULT_INTERVAL,
) -> Generation:
    """The generation that applies: the stored one, or the next where anything it was made from differs."""
    wanted = Generation(
        generation=stored.generation if stored else 1,
        definition=definition,
        partitions=partitions,
        topic_id=topic_id,
        serial_interval=serial_interval,
    )
    if stored is None or stored == wanted:
        return wanted
    return msgspec.structs.replace(wanted, generation=stored.generation + 1)
