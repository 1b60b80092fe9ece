"""A consumer that is kept for questions, and let go where it may have lost its brokers (docs/adr/0018)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaException


class KeptConsumer:
    """Made when it is first asked, and again after an error of its own. One caller at a time; others wait."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        """`properties`: librdkafka's. Nothing is contacted before it is needed."""
        self._properties = dict(properties)
        self._made: Consumer | None = None
        self._lock = threading.Lock()

    @contextmanager
    def asked(self) -> Iterator[Consumer]:
        """The consumer, for as long as the questions take."""
        with self._lock:
            if self._made is None:
                self._made = Consumer(self._properties)
            try:
                yield self._made
            except KafkaException as error:
                # Below zero: its own error, no broker's answer.
                if error.args[0].code() < 0:
                    self._made = None
                raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            if self._made is not None:
                self._made.close()
                self._made = None
