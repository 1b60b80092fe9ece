"""The counts in publishers' cells."""

from __future__ import annotations

import re
from typing import Final

from covid_core.records import MAX_COUNT, Status

Cell = int | Status | None
"""A count, why there is none, or None for a cell that was refused (it says nothing)."""

_WHOLE: Final = re.compile(r"[0-9]{1,20}(\.0*)?")
_FRACTION: Final = re.compile(r"[0-9]*\.[0-9]+")
_NEGATIVE: Final = re.compile(r"-[0-9.]+")


class BadCell(ValueError):
    """A cell that is no count, with a short code for counting and a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def count(cell: str) -> int | Status:
    """A cumulative count: `324861` and `324861.0` are numbers, a blank and `N/A` are missing, `-` suppressed.

    Raises `BadCell` for anything else.
    """
    if _WHOLE.fullmatch(cell):
        number = int(cell.partition(".")[0])
        if number <= MAX_COUNT:
            return number
        raise BadCell("bad_count", f"{cell} is more than {MAX_COUNT:,}")
    if not cell or cell.upper() == "N/A":
        return Status.MISSING
    if cell == "-":
        return Status.SUPPRESSED
    if _NEGATIVE.fullmatch(cell):
        raise BadCell("negative", f"{cell[:40]} is negative; cumulative counts are not")
    if _FRACTION.fullmatch(cell):
        raise BadCell("fractional", f"{cell[:40]} is not a whole number")
    raise BadCell("bad_count", f"{cell[:40]!r} is not a count")
