"""The dead letter: what was refused, where it stood and why, as JSON on the two DLQ topics.

Delivery is at-least-once, so letters are counted by distinct `origin_id`, which is also the message's key.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from covid_core import decoding

MAX_RAW: Final = 64 * 1024
"""How many of the refused bytes a letter carries; the rest is named by length and SHA-256."""


class LogOrigin(msgspec.Struct, frozen=True, tag="log", omit_defaults=True):
    """A message of a topic, or one row in it."""

    topic: str
    """Its name."""
    partition: int
    """Of the topic."""
    offset: int
    """In the partition."""
    row: int | None = None
    """Place of the row among those of the message, from 0; absent: the whole message was refused."""

    @property
    def id(self) -> str:
        """`topic:partition:offset`, and `:row` where it is one of several."""
        message = f"{self.topic}:{self.partition}:{self.offset}"
        return message if self.row is None else f"{message}:{self.row}"


class FileOrigin(msgspec.Struct, frozen=True, tag="file"):
    """A place in a publisher's file."""

    name: str
    """Of the file."""
    sha256: str
    """Of its content."""
    line: int | None = None
    """The header is 1; absent: the whole file was refused."""
    column: str | None = None
    """Name of the column; absent: the whole line was refused."""

    @property
    def id(self) -> str:
        """`sha256:line:column`: the same file under another name is the same origin."""
        return f"{self.sha256}:{self.line or ''}:{self.column or ''}"


class ItemOrigin(msgspec.Struct, frozen=True, tag="item"):
    """A change of an item of a DynamoDB table, by its sequence number in the table's stream."""

    table: str
    """Its name."""
    key: str
    """Of the item."""
    sequence: str
    """Number of the change in the table's stream."""

    @property
    def id(self) -> str:
        """`table:sequence`."""
        return f"{self.table}:{self.sequence}"


Origin = LogOrigin | FileOrigin | ItemOrigin


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal. `raw` (base64 in JSON) is at most `MAX_RAW` bytes of what had `length` and `sha256`."""

    code: str
    """Short, for counting."""
    reason: str
    """A sentence for people."""
    origin: Origin
    """Where it stood."""
    raw: bytes
    """What was refused, or its beginning."""
    length: int
    """Bytes of what was refused."""
    sha256: str
    """Of what was refused, all of it."""

    @property
    def complete(self) -> bool:
        """Whether `raw` is all of it, so that it can be replayed from the letter alone."""
        return len(self.raw) == self.length


def letter(code: str, reason: str, origin: Origin, raw: bytes) -> DeadLetter:
    """A dead letter for `raw` (all of it; it is cut here). `code` is short, `reason` a sentence."""
    return DeadLetter(
        code=code,
        reason=reason,
        origin=origin,
        raw=raw[:MAX_RAW],
        length=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
    )


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(DeadLetter)


def encode(dead: DeadLetter) -> bytes:
    """The letter as JSON."""
    return _encoder.encode(dead)


def decode(value: bytes) -> DeadLetter:
    """A letter from JSON. Raises `msgspec.DecodeError` (its subclass `ValidationError` for another shape)."""
    return decoding.decode(_decoder, value)


def key(dead: DeadLetter) -> bytes:
    """Key of the letter's Kafka message: the id of its origin."""
    return dead.origin.id.encode()
