"""What the command lines of the batch jobs share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from covid_core.environment import load
from covid_core.regions import countries, is_known

S = TypeVar("S", bound=msgspec.Struct)

DONE: Final = 0
FATAL: Final = 1
"""Nothing could be done; one sentence says why."""
REFUSED: Final = 3
"""Done, but files or lines were refused; they are named."""


def add_files(parser: argparse.ArgumentParser) -> None:
    """Arguments `path` (texts) and `countries` (codes, or None for all)."""
    parser.add_argument("path", nargs="+", help="file or folder, of any file system that Spark knows")
    parser.add_argument(
        "--countries",
        type=_countries,
        default="CA",
        help="country codes, comma-separated, or all (default CA)",
    )


def regions(text: str) -> frozenset[str]:
    """Codes of regions, comma-separated. Raises `argparse.ArgumentTypeError` for one that is not known."""
    codes = frozenset(code.strip() for code in text.split(",") if code.strip())
    unknown = sorted(code for code in codes if not is_known(code))
    if unknown or not codes:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown) or text!r} is no known code such as CA or CA-ON"
        )
    return codes


def _countries(text: str) -> frozenset[str] | None:
    try:
        return countries(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def settings(kind: type[S]) -> S:
    """A group of settings, from the environment. Raises `SettingsError`."""
    return load(kind, os.environ, lambda path: Path(path).read_text(encoding="utf-8"))


def tell(sentence: str) -> None:
    """Say how far the work is, or what went wrong, beside the result."""
    print(sentence, file=sys.stderr, flush=True)


def tell_refused(unusable: Sequence[str], refusals: Sequence[str], count: int) -> None:
    """Name the files that could not be used and what was refused, of which `refusals` are the first."""
    for trouble in unusable:
        tell(f"refused file: {trouble}")
    for refusal in refusals:
        tell(f"refused: {refusal}")
    if count > len(refusals):
        tell(f"refused: {count - len(refusals):,} more")


def failed(reason: str) -> int:
    """Say why nothing could be done; the exit code."""
    tell(f"error: {reason}")
    return FATAL
