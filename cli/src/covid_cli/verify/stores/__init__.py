"""One reader a store, each by the store's ordinary client: all rows, or those of some keys, as Arrow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import pyarrow as pa


class Span(NamedTuple):
    """Days of one source and region, both ends in."""

    source: str
    region: str
    first: dt.date
    last: dt.date


class Reader(Protocol):
    """Reads one store. Errors of the client pass through."""

    def read(self, spans: Sequence[Span] | None, tell: Callable[[int], None]) -> pa.Table:
        """Rows as a table of `oracle.EXPECTED_SCHEMA`; `tell` hears how many rows came so far.

        With spans at least their rows (a reader may give more), else all.
        """
