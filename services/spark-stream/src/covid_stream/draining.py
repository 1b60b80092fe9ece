"""Tells when the rows of a generation have replaced those of all older ones."""

from __future__ import annotations

import logging
from collections.abc import Callable

from covid_stream.generation import LogUnavailable

_log = logging.getLogger(__name__)


class Draining:
    """Waits until all records are merged that stood in the log at the start, and announces it once."""

    def __init__(
        self,
        passed: Callable[[dict[int, int]], bool],
        *,
        ends: Callable[[], dict[int, int]],
        announce: Callable[[], None],
    ) -> None:
        """`passed`: whether all before these offsets, by partition, is finished. `ends`: where the log ends
        now; it and `announce` may raise `LogUnavailable`, and do so here at the first time."""
        self._passed = passed
        self._ends = ends
        self._announce = announce
        self._target = ends()
        self._moved = False
        self._announced = False

    def go_on(self) -> None:
        """Look whether it is time, and announce it then. A broker that is away costs a warning."""
        if self._announced or not self._passed(self._target):
            return
        try:
            if not self._moved:
                # Copies of records that stood in another partition than their region's are merged, not they.
                # They were written before their batch was finished, behind the first target: before this one.
                self._target, self._moved = self._ends(), True
            else:
                self._announce()
                self._announced = True
        except LogUnavailable as error:
            _log.warning("trying again: %s", error)
