"""Waiting until DynamoDB shows what was written to the log, and judging what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from covid_api.generations import Generations
from covid_api.problems import Unavailable
from covid_api.reader import RowReader
from covid_api.writer import Position
from covid_core.records import FIELDS, Record, RecordKey
from covid_core.rows import Row

FIRST_PAUSE_SECONDS: Final = 0.03
LONGEST_PAUSE_SECONDS: Final = 0.25


class Written(NamedTuple):
    """A record and where it stands in the log."""

    record: Record
    position: Position

    @property
    def key(self) -> RecordKey:
        return RecordKey(self.record.source, self.record.region, self.record.date)


class Outcome(NamedTuple):
    """What became of a record: whether it stands, why not, and the row as it is now."""

    applied: bool
    reason: str | None
    row: Row


class Closing:
    """Set when the service stops, so that nobody is kept waiting for what it can no longer see."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """End every wait now."""
        self._event.set()

    async def wait(self) -> None:
        """Return when the service stops."""
        await self._event.wait()

    async def pause(self, seconds: float) -> bool:
        """Sleep; whether to go on."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return True
        return False


def judge(written: Written, row: Row | None) -> Outcome | None:
    """What a stored row says about a record; None while the row is older than the record.

    The row may be of an older generation, whose revisions tell nothing of the record's place: see `outcomes`.
    """
    if row is None or row.revision <= written.position.offset:
        return None
    record = written.record
    if record.withdrawn:
        return Outcome(True, None, row)
    if record.deleted:
        if row.deleted:
            return Outcome(True, None, row)
        return Outcome(False, f"a correction reported later than this deletion stands ({_origin(row)})", row)
    other = [field for field in FIELDS if not _shows(row, record, field)]
    if not other:
        return Outcome(True, None, row)
    what = "a deletion" if row.deleted else f"another value of {', '.join(other)}"
    return Outcome(False, f"{what} reported later stands ({_origin(row)})", row)


def _shows(row: Row, record: Record, field: str) -> bool:
    number, status = getattr(record, field), record.status.get(field)
    if number is None and status is None:
        return True  # the record says nothing about this field
    return (number, status) == (getattr(row, field), getattr(row, field + "_status"))


def _origin(row: Row) -> str:
    return f"log offsets {row.lineage}" if row.lineage else f"revision {row.revision}"


async def outcomes(
    reader: RowReader,
    generations: Generations,
    batch: Sequence[Written],
    seconds: float,
    closing: Closing,
) -> list[Outcome | None]:
    """Watch the rows of a batch until each has its outcome or `seconds` have passed (then None).

    While a later generation is under way, a row of the one before may have a greater revision than the record
    and yet know nothing of it: revisions count offsets of another log, or of another partition. So a row that
    does not show what was written says nothing unless it is of the current generation, which is asked for
    then alone. A withdrawal shows in no row by itself.

    The pauses grow, so that the usual answer comes fast and a slow one costs little. While DynamoDB is
    away nothing can be confirmed, which is what None says: the batch is in the log all the same.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    pause = FIRST_PAUSE_SECONDS
    found: list[Outcome | None] = [None] * len(batch)
    while True:
        open_ = [batch[i] for i, outcome in enumerate(found) if outcome is None]
        try:
            rows = await reader.rows([written.key for written in open_])
        except Unavailable:
            rows = {}
        judged = iter(await _judged(generations, open_, rows))
        found = [next(judged) if outcome is None else outcome for outcome in found]
        left = deadline - loop.time()
        if None not in found or left <= 0 or not await closing.pause(min(pause, left)):
            return found
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


async def _judged(
    generations: Generations, batch: Sequence[Written], rows: Mapping[RecordKey, Row]
) -> list[Outcome | None]:
    found = [judge(written, rows.get(written.key)) for written in batch]
    doubtful = {
        i: outcome.row.generation
        for i, (written, outcome) in enumerate(zip(batch, found, strict=True))
        if outcome is not None and (written.record.withdrawn or not outcome.applied)
    }
    current = {generation for generation in set(doubtful.values()) if await generations.covers(generation)}
    for i, generation in doubtful.items():
        if generation not in current:
            found[i] = None
    return found
