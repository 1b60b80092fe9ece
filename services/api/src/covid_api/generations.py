"""Whether a stored row is of the generation that applies, as `covid.control` has it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import msgspec
from confluent_kafka import TopicPartition

from covid_api.log_reader import LogReader
from covid_api.problems import Unavailable
from covid_core import control, topics
from covid_core.control import Generation

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 1.0
"""How often it is asked at most while rows are too old: many writes may wait for the same generation."""


class Generations:
    """Reads what has come since it was last asked: the topic is compacted, and never long. For use on one
    event loop."""

    def __init__(self, log_reader: LogReader) -> None:
        self._log = log_reader
        self._lock = asyncio.Lock()
        self._published: Generation | None = None
        self._at = 0
        self._current: int | None = None
        self._asked = float("-inf")

    async def covers(self, generation: int) -> bool:
        """Whether rows of this generation are none that a later one is about to replace.

        False, too, where no generation is known: after a lost log, or while Kafka does not say.
        """
        async with self._lock:
            # A row that was too old stays so, until its generation is read from another topic; one that was
            # not may be by now.
            if self._reaches(generation) or time.monotonic() - self._asked >= EVERY_SECONDS:
                self._current = await asyncio.to_thread(self._read)
                self._asked = time.monotonic()
            return self._reaches(generation)

    def close(self) -> None:
        """Close the connection."""
        self._log.close()

    def _reaches(self, generation: int) -> bool:
        return self._current is not None and generation >= self._current

    def _read(self) -> int | None:
        try:
            self._read_on()
            if self._published is None:
                return None
            partitions = self._log.partitions(topics.RECORDS)
        except Unavailable as error:
            log.warning("no write is told that something newer stands: %s: %s", topics.CONTROL, error)
            return None
        # The topic may have got more partitions, and the stream not yet been started again.
        return control.current(
            self._published,
            definition=self._published.definition,
            partitions=partitions,
            topic_id=self._published.topic_id,
            serial_interval=self._published.serial_interval,
        ).generation

    def _read_on(self) -> None:
        end = self._log.ends(topics.CONTROL).get(0, 0)
        if end < self._at:  # another topic of the name
            self._published, self._at = None, 0
        if end == self._at:
            return
        for message in self._log.between(TopicPartition(topics.CONTROL, 0, self._at), end):
            value = message.value()
            if message.key() != control.GENERATION or value is None:
                continue
            try:
                self._published = control.decode_generation(value)
            except msgspec.MsgspecError as error:
                log.warning("a generation that cannot be read: %s", error)
        self._at = end
