"""The reference: the contract in its plainest form. Where an adapter disagrees, one of them is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from covid_core.lake import Positions
from covid_core.rows import Row
from covid_sinks.contract import Sink, WriteReport
from tests.contract.suite import Key, SinkContract, Store, key


class MemorySink(Sink):
    """A dictionary."""

    def __init__(self, rows: dict[Key, Row]) -> None:
        self._rows = rows

    def open(self) -> None:
        pass

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        applied = 0
        for new in rows:
            old = self._rows.get(key(new))
            order = (new.generation, new.revision)
            if (
                old is None
                or order > (old.generation, old.revision)
                or (repair and order == (old.generation, old.revision))
            ):
                self._rows[key(new)] = new
                applied += 1
        return WriteReport(applied, len(rows) - applied)

    def drop_before(self, generation: int) -> int:
        older = [k for k, r in self._rows.items() if r.generation < generation]
        for k in older:
            del self._rows[k]
        return len(older)

    def close(self) -> None:
        pass


class MemoryStore(Store):
    def __init__(self) -> None:
        self._rows: dict[Key, Row] = {}

    def sink(self) -> Sink:
        return MemorySink(self._rows)

    def rows(self) -> dict[Key, Row]:
        return dict(self._rows)


class TestMemory(SinkContract):
    examples = 300

    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()
