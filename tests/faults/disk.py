"""A disk that is nearly full, for a folder."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(folder: Path, free: int) -> Iterator[None]:
    """Put a folder onto a file system of its own in memory, with so many bytes left; at the end back, with
    what it holds then. Only root can."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.mkdir()
    size = sum(path.stat().st_blocks * 512 for path in aside.rglob("*")) + free
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        _copy(aside, folder)
        yield
    finally:
        shutil.rmtree(aside)
        _copy(folder, aside)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()
        aside.rename(folder)


def _copy(source: Path, target: Path) -> None:
    # Kafka's indexes have ten megabytes each, and hold next to nothing.
    subprocess.run(["cp", "-a", "--sparse=always", f"{source}/.", str(target)], check=True)
