"""What the newest `covid verify` found in each store, as `covid.verified` has it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from covid_api.log_reader import LogReader, Offsets
from covid_api.problems import Unavailable
from covid_core import topics, verified
from covid_core.verified import Verified

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 15.0
"""How often it is looked for new ones, so that Prometheus has them though nobody asks for the page."""

_MOST: Final = 1000
"""Messages that are read at the start: far more than a compacted topic of four keys keeps."""


class Verifications:
    """Reads what has been added since it last read. For several threads, one at a time."""

    def __init__(self, log_reader: LogReader, show: Callable[[Sequence[Verified] | None], None]) -> None:
        """`show` is given all that are known each time they are read, None where they cannot be."""
        self._log = log_reader
        self._show = show
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._found: dict[str, Verified] = {}
        self._read: Offsets = {}

    def newest(self) -> list[Verified]:
        """The newest of each store, in the order of `topics.SINKS`; blocks. Raises `Unavailable`."""
        with self._lock:
            try:
                self._read_on()
            except Unavailable:
                self._show(None)
                raise
            found = [self._found[store] for store in topics.SINKS if store in self._found]
            self._show(found)
            return found

    def watch(self) -> None:
        """Read on every few seconds, in a thread that ends with the process or by `close`."""
        threading.Thread(target=self._run, name="verifications", daemon=True).start()

    def close(self) -> None:
        """Close the connection."""
        self._stopping.set()
        self._log.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.newest()
            except Unavailable as error:
                log.debug("%s cannot be read: %s", topics.VERIFIED, error)
            self._stopping.wait(EVERY_SECONDS)

    def _read_on(self) -> None:
        ends = self._log.ends(topics.VERIFIED)
        if any(ends.get(partition, 0) < offset for partition, offset in self._read.items()):
            self._found, self._read = {}, {}  # another log: what was known was of the old one
        if all(self._read.get(partition, 0) >= end for partition, end in ends.items()):
            return
        messages = self._log.newest(topics.VERIFIED, self._read, _MOST)
        for message in sorted(messages, key=lambda one: (one.partition() or 0, one.offset() or 0)):
            self._read[message.partition() or 0] = (message.offset() or 0) + 1
            try:
                found = verified.decode(message.value() or b"")
            except msgspec.MsgspecError:
                continue  # somebody else's
            self._found[found.store] = found
