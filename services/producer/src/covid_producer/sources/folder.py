"""Files and folders of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from covid_producer.sources.base import Candidate, Unavailable
from covid_producer.sources.listing import Listed, Seen

SETTLED_SECONDS: Final = 2.0
"""How long a watched file must have been left alone before it is read: copying programs pause for less."""

_PARTIAL: Final = (".part", ".tmp", ".crdownload", "~")


class Folder:
    """A folder with all its subfolders, or a single file."""

    def __init__(self, path: Path, *, now: Callable[[], float] | None = None, invented: bool = False) -> None:
        """`now` (seconds since 1970) makes polls wait for files that are being written; without it, all
        files are taken as they are. `invented`: the files are the generator's."""
        self._path = path
        self._invented = invented
        self._now = now
        self._seen: Seen[tuple[int, int]] = Seen()
        self._unsettled = False

    @property
    def name(self) -> str:
        """The path as given."""
        return str(self._path)

    def poll(self) -> list[Candidate]:
        """New and changed files; hidden ones, those of downloads under way and links that lead out of the
        folder are left out."""
        self._unsettled = False
        try:
            if not self._path.exists():
                raise Unavailable(f"{self._path} does not exist; give a file or folder that does")
            return self._seen.changed(self._list())
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror or error}") from error

    def again(self, candidate: Candidate) -> None:
        """Give the file once more."""
        self._seen.forget(candidate.name)

    def unsettled(self) -> bool:
        """Whether a file changed within the last `SETTLED_SECONDS`."""
        return self._unsettled

    def _list(self) -> Iterator[Listed[tuple[int, int]]]:
        explicit = self._path.is_file()
        for path in [self._path] if explicit else _files(self._path):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if self._now is not None and abs(self._now() - stat.st_mtime) < SETTLED_SECONDS:
                self._unsettled = True
                continue
            candidate = Candidate(str(path), str(path.parent), explicit, _opener(path), self._invented)
            yield Listed(candidate, (stat.st_size, stat.st_mtime_ns))


def _files(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    inside = folder.resolve()
    for parent, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.startswith(".") or name.endswith(_PARTIAL) or not path.is_file():
                continue
            # Who may put a file here is not always who may read the rest of the machine.
            if not path.is_symlink() or path.resolve().is_relative_to(inside):
                yield path


def _opener(path: Path) -> Callable[[], AbstractContextManager[BinaryIO]]:
    return lambda: _open(path)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}") from error
