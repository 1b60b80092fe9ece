"""What is told of an error that other code has raised."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 300
"""Characters; some errors carry a whole plan or file in one line."""


def first_line(error: BaseException, text: str | None = None) -> str:
    """The first line of an error's text, or its kind where it has none; 300 characters at the most.

    `text`: what is taken for the error's text, where its own begins with something else.
    """
    lines = (str(error) if text is None else text).splitlines()
    return (lines or [type(error).__name__])[0][:_LONGEST]
