"""What is said of an exception that somebody else's library raised."""

from __future__ import annotations

from typing import Final

_MOST: Final = 300
"""Characters: some clients repeat the whole request."""


def first_line(error: BaseException) -> str:
    """The first line of its text, cut to what a sentence holds; its type where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0][:_MOST]
