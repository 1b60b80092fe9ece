"""What a check found."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Everything works, if slower, elsewhere or later."""
    WRONG = "wrong"


class Finding(NamedTuple):
    """One sentence about one thing, which says what to do where it is not ok."""

    about: str
    level: Level
    sentence: str
