"""Says what is being done while a person waits; nothing where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Tell = Callable[[str], None]
"""Told what is being done, from any thread."""


@contextmanager
def telling(first: str) -> Iterator[Tell]:
    """A line on standard error, gone at the end; nothing unless that is a terminal. `first`: its text."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status(first) as status:
        yield status.update
