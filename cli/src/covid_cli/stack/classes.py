"""Archives of classes, for the JVMs of the stack (Java's class-data sharing, JEP 350): docs/adr/0006.

A JVM with an archive maps the classes that an earlier one had loaded, instead of reading, parsing and
verifying each. It checks by itself that its class path and its version are the archive's, and goes on without
one where they are not: an archive is never needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack import spark

JVMS = ("kafka", "stream")
"""The parts whose JVM writes an archive when it ends: that of DynamoDB Local is halted, and writes none."""
_UNUSED_SECONDS = 30 * 24 * 3600


def archives(cache: Path, java: Path, folders: Mapping[str, Path]) -> dict[str, Path]:
    """Where the archive of each of `JVMS` is, or would be. `folders`: of jars, by the name of their group.

    The name changes with what the JVM compares: the class path, its files and the Java itself. Raises
    `UserError` when Spark is not installed.
    """
    paths = {
        "kafka": (folders["kafka"],),
        "stream": (spark.home() / "jars", folders["spark"]),
    }
    return {name: cache / "classes" / f"{name}-{_digest(java, paths[name])}.jsa" for name in JVMS}


def use(archive: Path) -> tuple[str, ...]:
    """Options of a JVM that starts with the archive; none where there is no archive."""
    if not archive.exists():
        return ()
    with contextlib.suppress(OSError):  # of somebody else, say: it is only kept longer
        os.utime(archive)
    return (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto")


class Recording:
    """An archive that a JVM is about to write. It stands in its place once it is whole."""

    def __init__(self, archive: Path) -> None:
        """Raises `UserError` when the folder cannot be written."""
        self._archive = archive
        self._draft = archive.with_name(f"{archive.stem}-{os.getpid()}.part")
        try:
            archive.parent.mkdir(parents=True, exist_ok=True)
            self._draft.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"{archive.parent} cannot be written: {error.strerror}. Set COVID_CACHE elsewhere."
            ) from error

    @property
    def options(self) -> tuple[str, ...]:
        """Options of the JVM, which writes when it ends in an orderly way."""
        return (f"-XX:ArchiveClassesAtExit={self._draft}",)

    def keep(self) -> bool:
        """Put what the JVM wrote, now that it has ended, in its place. False when it wrote nothing."""
        try:
            self._draft.replace(self._archive)
        except FileNotFoundError:
            return False
        return True


def forget_unused(cache: Path) -> None:
    """Remove what no start has used for 30 days: archives of an older Java, or of a checkout that is gone."""
    oldest = time.time() - _UNUSED_SECONDS
    for file in (cache / "classes").glob("*"):
        with contextlib.suppress(OSError):
            if file.stat().st_mtime < oldest:
                file.unlink()


def _digest(java: Path, folders: Iterable[Path]) -> str:
    # The classes of a Java are in one file, which its updates replace.
    modules = java.resolve().parent.parent / "lib" / "modules"
    files = [modules, *(jar for folder in folders for jar in sorted(folder.glob("*.jar")))]
    return hashlib.sha256("".join(map(_stamp, files)).encode()).hexdigest()[:12]


def _stamp(file: Path) -> str:
    try:
        status = file.stat()
    except OSError:
        return f"{file}\n"
    return f"{file} {status.st_size} {status.st_mtime_ns}\n"
