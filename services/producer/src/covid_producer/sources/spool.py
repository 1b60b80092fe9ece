"""Content from elsewhere, kept for as long as it is published: small in memory, large on disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from covid_producer.sources.base import Unavailable

MAX_CONTENT: Final = 256 * 1024**2
"""Most bytes that are fetched. The publishers' largest file has 2.6 million."""

_IN_MEMORY: Final = 8 * 1024**2


class Spool:
    """The bytes of one fetched file."""

    def __init__(self, name: str) -> None:
        """`name`: what people call the file."""
        # Closed with the object: a spool lives as long as the candidate that opens it.
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._name = name
        self._length = 0

    def add(self, chunk: bytes) -> None:
        """Keep what has come. Raises `Unavailable` past `MAX_CONTENT` or where the disk is full."""
        self._length += len(chunk)
        if self._length > MAX_CONTENT:
            raise Unavailable(f"{self._name} has more than {MAX_CONTENT:,} bytes: no publisher's file has")
        try:
            self._file.write(chunk)
        except OSError as error:
            folder = tempfile.gettempdir()
            free = shutil.disk_usage(folder).free
            raise Unavailable(
                f"{self._name} cannot be kept in {folder} ({free:,} bytes free): {error.strerror or error}"
            ) from error

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes from the first on."""
        self._file.seek(0)
        yield cast(BinaryIO, self._file)
