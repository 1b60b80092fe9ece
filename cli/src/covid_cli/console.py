"""Where tables are printed."""

from __future__ import annotations

from typing import Final

from rich.console import Console

_WIDTH: Final = 160
"""Characters of a line that no terminal limits."""


def console() -> Console:
    """As wide as the terminal; where there is none, as in a file or a pipe, wide enough for any table."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH)
