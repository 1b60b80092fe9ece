"""What folders and object storage share: telling from a listing what is new since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from covid_producer.sources.base import Candidate

T = TypeVar("T")


@dataclass(frozen=True)
class Listed(Generic[T]):
    """A file in a listing, with a token (size and time, or ETag) that changes when its content does."""

    candidate: Candidate
    token: T


class Seen(Generic[T]):
    """Remembers the tokens of the files that were handed out."""

    def __init__(self) -> None:
        self._tokens: Mapping[str, T] = {}

    def changed(self, listing: Iterable[Listed[T]]) -> list[Candidate]:
        """The new and changed files, together with the others of their folders.

        Whole folders, because JHU's three files become one record: when one of them changes, the others
        belong with it. What has been published already is skipped by its hash.
        """
        listing = list(listing)
        folders = {
            listed.candidate.folder
            for listed in listing
            if self._tokens.get(listed.candidate.name) != listed.token
        }
        self._tokens = {listed.candidate.name: listed.token for listed in listing}
        return [listed.candidate for listed in listing if listed.candidate.folder in folders]

    def forget(self, name: str) -> None:
        """Treat a file as new at the next listing."""
        self._tokens = {known: token for known, token in self._tokens.items() if known != name}
