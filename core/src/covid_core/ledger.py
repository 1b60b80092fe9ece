"""The list of finished files, the compacted topic `covid.files`.

The key is the SHA-256 of the content, with what only the name tells of a file of JHU's behind it
(`…:deaths`, `…:2020-03-22`): two series may have the same content and not mean the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from covid_core import decoding

ALL: Final = "all"
"""In place of country codes: every country."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A file all of whose records are in the log, and its refused lines in the DLQ."""

    name: str
    """Of the file."""
    kind: str
    """Which of the publishers' formats it has."""
    countries: tuple[str, ...]
    """Whose records were published: codes, or `("all",)`."""
    records: int
    """Of the file; of all files of its group for JHU's three."""
    refused: int
    """Lines and cells that became dead letters."""
    newest: dt.date | None
    """The newest day in it."""
    reported_at: dt.datetime | None
    """The stamp of its records."""
    invented: bool = False
    """Whether its numbers are the generator's."""


Ledger = Mapping[str, Finished]
"""Finished files by key."""


def key(sha256: str, meaning: str | None) -> str:
    """What identifies a file in the list: its content, and what only its name adds."""
    return f"{sha256}:{meaning}" if meaning else sha256


HOLDS_INVENTED: Final = (
    "the log holds invented numbers, and real ones are not published beside them: start with an empty log "
    "(another --home, or `docker compose down --volumes`), or mix them with --force"
)
"""What whoever publishes is told where an entry says `invented`: they could not be told apart."""


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Finished)


def encode(finished: Finished) -> bytes:
    """One entry as JSON."""
    return _encoder.encode(finished)


def decode(value: bytes) -> Finished | None:
    """One entry from JSON; None for what another version wrote in another shape (the file is done again)."""
    try:
        return decoding.decode(_decoder, value)
    except msgspec.DecodeError:
        return None


def covers(
    finished: Finished | None, countries: frozenset[str] | None, reported_at: dt.datetime | None
) -> bool:
    """Whether a finished file was published for (at least) these countries, and with this stamp if given."""
    if finished is None:
        return False
    if reported_at is not None and finished.reported_at != reported_at:
        return False
    done = set(finished.countries)
    return ALL in done or (countries is not None and countries <= done)


def scope(countries: frozenset[str] | None, before: Finished | None) -> tuple[str, ...]:
    """The countries of a new entry: those published now and those of the entry it replaces."""
    if countries is None or (before is not None and ALL in before.countries):
        return (ALL,)
    return tuple(sorted(countries.union(before.countries if before else ())))
