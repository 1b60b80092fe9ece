"""Trying again while a store is down: exponential backoff with jitter, and a breaker that says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from covid_sinks.contract import Transient

log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_WAIT: Final = 0.2
LONGEST_WAIT: Final = 3.0
"""Seconds between two tries at most: how long after a store's return its sink notices."""

OPENS_AFTER: Final = 5
"""Failures in a row after which a store counts as down."""


class Breaker:
    """Open while the store is down: nothing new is taken from the log, and one try at a time probes it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failures = 0

    @property
    def open(self) -> bool:
        """Whether the store counts as down."""
        return self.failures >= OPENS_AFTER

    def failed(self, error: BaseException) -> None:
        """Count a failure; log the first, and the one that opens."""
        self.failures += 1
        if self.failures == 1:
            log.warning("%s: trying again: %s", self.name, error)
        elif self.failures == OPENS_AFTER:
            log.error("%s: down, probing every %.0f s: %s", self.name, LONGEST_WAIT, error)

    def succeeded(self) -> None:
        """Close."""
        if self.failures:
            log.info("%s: back after %d failures", self.name, self.failures)
        self.failures = 0


async def until_taken(
    breaker: Breaker, call: Callable[[], T], run: Callable[[Callable[[], T]], Awaitable[T]]
) -> T:
    """Run `call` by `run` (in a thread) again and again while it raises `Transient`; other errors pass."""

    def failed(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            breaker.failed(error)

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(Transient),
        wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
        before_sleep=failed,
        sleep=asyncio.sleep,
    )
    result: T = await retrying(run, call)
    breaker.succeeded()
    return result
