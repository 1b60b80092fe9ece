"""Messages of the compacted topic `covid.verified`: what the newest `covid verify` found in each store.

The key is the store's name, so that a verification of some stores leaves what is known of the others.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

import msgspec

from covid_core import decoding


class Verdict(StrEnum):
    """The outcome of a verification."""

    EQUAL = "equal"
    DIFFERENT = "different"
    LAGGING = "lagging"
    """The stream or a sink had not come far enough in time, so nothing was compared."""
    REFUSED = "refused"
    """Only rows differ that the store refused, which wait on `covid.metrics.dlq`."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One store, as a verification found it."""

    store: str
    """By the name of its sink."""
    verdict: Verdict
    """What was found, in a word."""
    at: dt.datetime
    """When the verification ended; aware."""
    records: dict[int, int]
    """Where `covid.records` stood when it began: end offset by partition."""
    rows: int
    """How many the store holds; 0 where nothing was compared."""
    differences: int
    """Cells or whole rows that differ, those refused included."""
    refused: int
    """How many of them the store was offered and refused."""
    seconds: float
    """How long the whole verification took."""


_decoder: Final = msgspec.json.Decoder(Verified)


def verdict(differences: int, refused: int) -> Verdict:
    """What so many differences mean, of which so many were refused by their store."""
    if not differences:
        return Verdict.EQUAL
    return Verdict.REFUSED if differences == refused else Verdict.DIFFERENT


def encode(message: Verified) -> bytes:
    """The message as JSON."""
    return msgspec.json.encode(message)


def decode(value: bytes) -> Verified:
    """Raises `msgspec.MsgspecError` when it is not one."""
    return decoding.decode(_decoder, value)
