"""A row of the table: what a module in `bench.rows` offers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
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
    """One row: its number and title, and the module that measures it. `long`: only in `make bench-long`."""

    number: int
    title: str
    module: str
    long: bool = False

    def measured(self, scale: Scale) -> Sequence[Line]:
        """Measure it. The module is loaded now: each brings the clients of its own servers."""
        lines: Sequence[Line] = import_module(self.module).measured(scale)
        return lines


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one measurement, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="covid-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)
