"""The log that publishing is given in unit tests."""

from __future__ import annotations

from covid_core import ledger, topics
from covid_producer.kafka import Headers


class Memory:
    """A log that keeps what it is given."""

    def __init__(self) -> None:
        self.entries: dict[str, ledger.Finished] = {}
        self.records = 0

    def finished(self) -> ledger.Ledger:
        return self.entries

    def append(self, topic: str, key: bytes, value: bytes, headers: Headers = ()) -> None:
        if topic == topics.FILES:
            entry = ledger.decode(value)
            assert entry is not None
            self.entries[key.decode()] = entry
        self.records += topic == topics.RECORDS

    def flush(self) -> None:
        """Nothing waits."""
