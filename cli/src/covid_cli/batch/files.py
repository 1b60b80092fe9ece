"""Publishers' files that a command is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from covid_cli.batch.options import absolute
from covid_cli.errors import UserError


def present(paths: list[Path]) -> list[Path]:
    """The paths, absolute. Raises `UserError` for the first that is not there."""
    found = absolute(paths)
    for path in found:
        if not path.exists():
            raise UserError(f"{path} is not there: name files or folders of PHAC's and JHU's files.")
    return found


def named(paths: Sequence[Path]) -> dict[str, Path]:
    """Every CSV file by its path below the one that was given: JHU's of one folder belong together.

    Raises `UserError` where there is none.
    """
    found: dict[str, Path] = {}
    for number, path in enumerate(paths):
        files = [path] if path.is_file() else sorted(path.rglob("*.csv"))
        start = path.parent if path.is_file() else path
        found |= {f"{number}/{file.relative_to(start).as_posix()}": file for file in files}
    if not found:
        raise UserError(f"No CSV file lies under {', '.join(map(str, paths))}: name a folder that has some.")
    return found
