"""A row of the table: what a module in `bench.rows` offers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.results import Line


@dataclass(frozen=True)
class Scale:
    """How much is measured. `work` is the share of a row's ordinary load."""

    rounds: int
    work: float = 1.0

    def of(self, count: int, step: int = 1) -> int:
        """That share of a count, at least one and a multiple of `step`."""
        return max(1, round(count * self.work / step)) * step


@dataclass(frozen=True)
class Row:
    """One row: its number and title, and how it is measured. `long`: only in `make bench-long`."""

    number: int
    title: str
    run: Callable[[Scale], Sequence[Line]]
    long: bool = False


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one measurement, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="covid-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)
