"""The dead letters that still stand: neither replayed nor dropped.

A letter's key is the id of its origin, and delivery is at-least-once, so the newest message of a key counts.
A message of a key without a value settles it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from covid_core import dlq
from covid_core.dlq import DeadLetter
from covid_process.topic import messages, place


class Standing(NamedTuple):
    """A letter and when it was written. `letter` is None where somebody else's message stands there."""

    letter: DeadLetter | None
    at: dt.datetime


def standing(
    connection: Mapping[str, Any], topic: str, end: Mapping[int, int], group: str = "covid-cli"
) -> dict[str, Standing]:
    """The standing letters of a topic up to `end`, by the id of their origin, in their order.

    `connection`: librdkafka's connection properties. A message that is no letter goes by where it stands.
    Raises `KafkaException`, or `BrokerSilent` when nothing comes.
    """
    found: dict[str, Standing] = {}
    for message in messages(connection, topic, {}, end, group):
        at = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
        key, value = message.key(), message.value()
        if value is None:
            found.pop((key or b"").decode(errors="replace"), None)
            continue
        try:
            letter = dlq.decode(value)
            found[letter.origin.id] = Standing(letter, at)
        except msgspec.DecodeError:
            partition, offset = place(message)
            found[f"{partition}:{offset}"] = Standing(None, at)
    return found
