"""The contract of a place that files come from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol


class Unavailable(Exception):
    """A place or file that cannot be read now. The text says which, why and what to do."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a publisher's.

    `name` is its whole path or address, `open` gives its bytes from the first on, as often as wanted.
    Files of one `folder` belong together. An `explicit` file was asked for by name, so that it is an error
    when it is none of a publisher's. An `invented` one is the generator's.
    """

    name: str
    folder: str
    explicit: bool
    open: Callable[[], AbstractContextManager[BinaryIO]]
    invented: bool = False

    @property
    def basename(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.name.replace("\\", "/")).name


class Target(Protocol):
    """A place that is polled for files."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def poll(self) -> list[Candidate]:
        """The files that are new or changed since the last poll, and those that belong with them.

        Raises `Unavailable`; the next poll then gives what this one did not.
        """
        ...

    def again(self, candidate: Candidate) -> None:
        """Have the next poll give this file once more: it could not be handled."""
        ...

    def unsettled(self) -> bool:
        """Whether the last poll left out a file that is being written, so that it is worth asking soon."""
        ...
