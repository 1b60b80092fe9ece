"""The producer service: polls places and publishes what is new, whatever is down in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from covid_producer.kafka import LogUnavailable
from covid_producer.plan import Scope
from covid_producer.publish import Outcome, Publisher, Stopped
from covid_producer.sources.base import Candidate, Target, Unavailable

UNSETTLED_SECONDS: Final = 1.0
"""Wait before looking again at a file that was still being written."""

DOWN_SECONDS: Final = 30.0
"""Longest wait before trying again a place or a broker that was down."""


class Watch:
    """Polls targets until told to stop. Nothing but that ends it."""

    def __init__(
        self,
        targets: Sequence[Target],
        publisher: Publisher,
        scope: Scope,
        *,
        published: Callable[[Outcome], None],
        trouble: Callable[[str], None],
        reached: Callable[[], None],
    ) -> None:
        """`published` is told of every poll that found something, `trouble` a sentence when one failed, and
        `reached` is called after each that could reach everything."""
        self._targets = targets
        self._publisher = publisher
        self._scope = scope
        self._published = published
        self._trouble = trouble
        self._reached = reached

    def run(self, every: float, wait: Callable[[float], bool]) -> None:
        """Poll, then `wait(seconds)`, until that returns True."""
        pause = 0.0
        while not wait(pause):
            try:
                well = self.poll()
            except Stopped:
                return
            if well:
                self._reached()
            pause = every if well else min(every, DOWN_SECONDS)
            if any(target.unsettled() for target in self._targets):
                pause = min(pause, UNSETTLED_SECONDS)

    def poll(self) -> bool:
        """Publish what is new at all places; whether everything could be reached. Raises `Stopped`."""
        well = True
        found: list[tuple[Target, Candidate]] = []
        for target in self._targets:
            try:
                found += [(target, candidate) for candidate in target.poll()]
            except Unavailable as error:
                well = False
                self._trouble(f"{error}; trying again later")
        if not found:
            return well
        try:
            outcome = self._publisher.publish([candidate for _, candidate in found], self._scope)
        except LogUnavailable as error:
            for target, candidate in found:
                target.again(candidate)
            self._trouble(f"{error}; trying again later")
            return False
        # A file that could not be read is asked for again; one that was refused stays so until it changes.
        unread = {failed.candidate.name for failed in outcome.failed if failed.sha256 is None}
        for target, candidate in found:
            if candidate.name in unread:
                target.again(candidate)
        self._published(outcome)
        return well and not unread
