"""Signals that ask a command to end: what it has started is stopped first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


def ending() -> tuple[signal.Signals, ...]:
    """SIGINT, SIGTERM, and that of a closed terminal, unless it is ignored already, as under `nohup`."""
    asked = signal.SIGINT, signal.SIGTERM
    return asked if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*asked, signal.SIGHUP)


@contextmanager
def ended_once() -> Iterator[None]:
    """Let each of `ending` end the command like Ctrl-C; while it stops what it started, ignore the next."""
    asked = ending()

    def end(number: int, frame: object) -> None:
        for one in asked:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, end) for one in asked}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
