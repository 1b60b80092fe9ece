"""Holds a sink that would refuse too much: then not the rows are wrong, but the store or who writes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from covid_sinks.contract import Transient

LATELY: Final = 10_000
"""Rows whose fate counts, the newest."""

LEAST: Final = 100
"""So many refused rows are no accident; fewer are always let go."""


class Refusals:
    """The share of refused rows among the newest. A message that cannot be decoded counts as one row."""

    def __init__(self, limit: float, shown: Callable[[bool], None]) -> None:
        """`limit`: the greatest share that is let go. `shown` is told whether the sink is held."""
        self._limit = limit
        self._shown = shown
        self._batches: deque[tuple[int, int]] = deque()
        self._refused = self._handled = 0

    def check(self, refused: int, handled: int) -> None:
        """Before a batch's refusals are let go: raises `Transient` where they would be too many."""
        total = self._refused + refused
        share = total / max(1, self._handled + handled)
        # Not for what was let go before: then nothing that the store takes would ever come to an end.
        held = refused > 0 and total >= LEAST and share > self._limit
        self._shown(held)
        if held:
            raise Transient(
                f"{total:,} of the last {self._handled + handled:,} rows are refused, which is more than "
                f"COVID_SINK_REFUSAL_LIMIT={self._limit:g}: held, nothing more goes to the dead letters; "
                "mend the store (covid dlq list says why), or raise the limit to let them go"
            )

    def note(self, refused: int, handled: int) -> None:
        """A batch is done."""
        self._batches.append((refused, handled))
        self._refused += refused
        self._handled += handled
        while self._handled - self._batches[0][1] >= LATELY:
            gone_refused, gone_handled = self._batches.popleft()
            self._refused -= gone_refused
            self._handled -= gone_handled
