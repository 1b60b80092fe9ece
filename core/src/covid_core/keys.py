"""API keys: what each may do, how one is told from another, and the list that holds them without their text.

A key is 256 random bits, so one SHA-256 keeps it as safe as a slow hash would: there is nothing to guess.
The list has one key a line, as JSON. A revoked key stays in it, so that its id always names who wrote.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from covid_core import decoding

PREFIX: Final = "covid_"
"""What a key begins with, so that scanners for leaked secrets know it."""

SECRET_BYTES: Final = 32
ID_DIGITS: Final = 8


class Scope(StrEnum):
    """What a key may do; each may also do what stands before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, wanted: Scope) -> bool:
        """Whether who has this scope may do what needs another."""
        order = tuple(Scope)
        return order.index(self) >= order.index(wanted)


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key as it is kept. `sha256`: of its text, in hexadecimal; its first digits are the key's id."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    scope: Scope
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    created: dt.datetime | None = None
    revoked: dt.datetime | None = None

    @property
    def id(self) -> str:
        """8 hexadecimal digits that name the key without telling it."""
        return self.sha256[:ID_DIGITS]

    @property
    def actor(self) -> str:
        """Who wrote, as the header `actor` of a record says it."""
        return f"api:{self.id}"


_decoder: Final = msgspec.json.Decoder(Key)


class BadList(ValueError):
    """A list of keys that cannot be read; the message says where."""


def text_of(secret: str) -> str:
    """The text of a new key, of `SECRET_BYTES` random bytes as URL-safe text."""
    return PREFIX + secret


def digest(text: str) -> str:
    """SHA-256 of a key's text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def parse(content: bytes) -> list[Key]:
    """The keys of a list, blank lines left out. Raises `BadList`."""
    found: dict[str, Key] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            key = decoding.decode(_decoder, line)
        except msgspec.DecodeError as error:
            raise BadList(f"line {number} is not a key: {error}") from None
        if key.id in found:
            raise BadList(f"line {number} has the id {key.id} of a line before it")
        found[key.id] = key
    return list(found.values())


def encode(listed: Iterable[Key]) -> bytes:
    """The list as `parse` reads it."""
    return msgspec.json.Encoder().encode_lines(listed)
