"""What `covid verify` found, as values: for people, for `--json` and for the exit code."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from covid_core.verified import Verdict

EXIT_CODES: Final = {Verdict.EQUAL: 0, Verdict.DIFFERENT: 1, Verdict.LAGGING: 2, Verdict.REFUSED: 3}
KEPT: Final = 1000
"""Most differences that a report names; all are counted."""


class Lag(msgspec.Struct, frozen=True):
    """A consumer group that has not come to an offset in time. `committed` is 0 before its first commit."""

    group: str
    topic: str
    partition: int
    committed: int
    wanted: int

    @property
    def behind(self) -> int:
        """How many messages are missing."""
        return self.wanted - self.committed


class Difference(msgspec.Struct, frozen=True):
    """One cell, or (`field` is `row`) a whole row, that a store holds otherwise than the log says.

    `expected` and `found` are texts, `null` for null; for a row `live`, `deleted` or `absent`.
    `refused`: the store was offered the expected row and refused it.
    """

    store: str
    source: str
    region: str
    date: dt.date
    field: str
    expected: str
    found: str
    refused: bool = False


class StoreResult(msgspec.Struct, frozen=True):
    """One store: how many rows it holds, how many cells or rows differ, how many of those it refused."""

    rows: int
    differences: int
    refused: int
    seconds: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A verification.

    `positions`: where `covid.records` stood at the start, end offset by partition.
    `log_records`: records that count; `log_refused` and `log_misplaced`: messages left out, since they are
    no valid record or were published again under their region. `dead_letters`: distinct refused rows.
    `outdated`: why the stream's rows are none to compare, where it has not begun anew though it must.
    `repaired`: rows that were sent to the sinks again; `differences` are those that are left. `unreadable`:
    why a store could not be read, by its name; `status` is of the others, and `stores` has them alone.
    """

    status: Verdict
    positions: dict[int, int] = {}
    expected_rows: int = 0
    log_records: int = 0
    log_refused: int = 0
    log_misplaced: int = 0
    dead_letters: int = 0
    stores: dict[str, StoreResult] = {}
    differences: list[Difference] = []
    lags: list[Lag] = []
    outdated: str | None = None
    unreadable: dict[str, str] = {}
    repaired: int = 0
    rounds: int = 0
    waited_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 equal, 1 different or unreadable, 2 lagging, 3 only refused rows differ."""
        return 1 if self.unreadable else EXIT_CODES[self.status]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain
