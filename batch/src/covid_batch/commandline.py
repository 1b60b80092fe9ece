"""What the command lines of the batch jobs share."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from covid_core.regions import is_known

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
    return None if text == "all" else regions(text)


def tell(sentence: str) -> None:
    """Say how far the work is, or what went wrong, beside the result."""
    print(sentence, file=sys.stderr, flush=True)
