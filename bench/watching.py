"""Looks at something again and again, beside what is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def watched(look: Callable[[], float], seconds: float) -> Iterator[list[float]]:
    """What `look` says at once and every so many seconds: a list that grows until the block ends."""
    found: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while True:
            found.append(look())
            if done.wait(seconds):
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()
