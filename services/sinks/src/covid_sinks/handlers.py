"""What is done with a batch of each topic's messages. Handlers run in a worker thread, without Kafka."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from covid_core import control, dlq, messages, topics
from covid_core.lake import Positions
from covid_core.rows import Row
from covid_sinks.contract import Archive, Message, Rejected, Sink, Transient, WriteReport, newest
from covid_sinks.counters import Counters
from covid_sinks.refusals import Refusals

logger = logging.getLogger(__name__)


Carried = tuple[Message, list[Row]]
"""A message and the rows in it."""


class _Batch(NamedTuple):
    """How many rows it has (a message that cannot be decoded is one), and what was refused of it so far."""

    rows: int
    letters: list[dlq.DeadLetter]


class Handler(ABC):
    """Takes batches of one topic. `handle` may be repeated with the same messages after `Transient`."""

    topic: str
    vital = True
    """Whether the process is not ready while this handler waits."""

    def open(self) -> None:  # noqa: B027 (nothing to open is a fine answer)
        """Make the store ready. May raise `Transient`."""

    @abstractmethod
    def handle(self, batch: Sequence[Message]) -> list[dlq.DeadLetter]:
        """Make the batch durable; returns what was refused. May raise `Transient`."""

    def close(self) -> None:  # noqa: B027
        """Let go of the store."""


class MetricsHandler(Handler):
    """`covid.metrics` into a sink: drop what is covered, decode, newest row a key, write."""

    topic = topics.METRICS

    def __init__(
        self,
        sink: Sink,
        counters: Counters,
        refusals: Refusals,
        topic_id: Callable[[str], str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now`: seconds since 1970, UTC."""
        self._sink = sink
        self._counters = counters
        self._refusals = refusals
        self._topic_id = topic_id
        self._now = now
        self._id: str | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        self._sink.open()
        if self._topic_id is not None:
            self._id = self._topic_id(self.topic)

    def handle(self, batch: Sequence[Message]) -> list[dlq.DeadLetter]:
        with self._lock:
            return self._handle(batch)

    def drop_before(self, generation: int) -> int:
        """Remove the rows of older generations, between two batches."""
        with self._lock:
            return self._sink.drop_before(generation)

    def _handle(self, messages_: Sequence[Message]) -> list[dlq.DeadLetter]:
        plain: list[Carried] = []
        repairs: list[Carried] = []
        letters: list[dlq.DeadLetter] = []
        for message in self._uncovered(messages_):
            try:
                rows = messages.decode(message.value)
            except messages.BadMessage as error:
                letters.append(dlq.letter("bad_message", str(error), _origin(message), message.value or b""))
            else:
                (repairs if _is_repair(message) else plain).append((message, rows))
        batch = _Batch(len(letters) + sum(len(rows) for _, rows in plain + repairs), letters)
        self._refusals.check(len(letters), batch.rows)
        # Repairs come last, so that of one revision the repair stays. The positions stand for the whole
        # batch, hence they go with the last write.
        ends = next_offsets(messages_)
        if plain:
            self._write(batch, plain, repair=False, ends=None if repairs else ends)
        if repairs:
            self._write(batch, repairs, repair=True, ends=ends)
        self._refusals.note(len(letters), batch.rows)
        for published in filter(None, map(_published, (message for message, _ in plain))):
            self._counters.fresh(self._now() - published)
        return letters

    def close(self) -> None:
        self._sink.close()

    def _uncovered(self, batch: Sequence[Message]) -> Sequence[Message]:
        covered = self._sink.covered() if self._id else None
        if covered is None or self._id is None:
            return batch
        return [m for m in batch if not covered.covers(self._id, m.partition, m.offset)]

    def _write(
        self, batch: _Batch, carried: Sequence[Carried], *, repair: bool, ends: Mapping[int, int] | None
    ) -> None:
        # With a repair the last of equals counts: it was published last.
        order = reversed(carried) if repair else carried
        rows = newest(row for _, packed in order for row in packed)
        while rows:
            # What was refused is not among the dead letters yet: after a crash the batch must come again, so
            # its positions are left to the next one.
            positions = None
            if self._id is not None and ends is not None and not batch.letters:
                positions = Positions(self._id, ends)
            try:
                report = self._sink.write(rows, repair=repair, positions=positions)
            except Rejected as error:
                self._refusals.check(len(batch.letters) + len(error.rows), batch.rows)
                bad = {id(row): reason for reason, refused in error.reasons.items() for row in refused}
                batch.letters.extend(_rows_letters(carried, bad))
                rows = [row for row in rows if id(row) not in bad]
            else:
                self._counters.written(report)
                break
        else:
            self._counters.written(WriteReport(0, 0))


class ArchiveHandler(Handler):
    """`covid.records` into the archive, as it stands."""

    topic = topics.RECORDS

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def open(self) -> None:
        self._archive.open()

    def handle(self, batch: Sequence[Message]) -> list[dlq.DeadLetter]:
        self._archive.append(batch)
        return []

    def close(self) -> None:
        self._archive.close()


class ControlHandler(Handler):
    """`covid.control`: once a generation has drained and this sink has committed past it, older rows go."""

    topic = topics.CONTROL
    vital = False

    def __init__(self, drop_before: Callable[[int], int], committed: Callable[[], Mapping[int, int]]) -> None:
        self._drop_before = drop_before
        self._committed = committed

    def handle(self, batch: Sequence[Message]) -> list[dlq.DeadLetter]:
        letters: list[dlq.DeadLetter] = []
        for message in batch:
            if message.key != control.DRAINED or message.value is None:
                continue
            try:
                drained = control.decode_drained(message.value)
            except msgspec.MsgspecError as error:
                letters.append(dlq.letter("bad_control", str(error), _origin(message), message.value))
                continue
            done = self._committed()
            if any(done.get(partition, 0) < end for partition, end in drained.metrics_end.items()):
                raise Transient(f"generation {drained.generation} is not all here yet")
            dropped = self._drop_before(drained.generation)
            logger.info("generation %d is complete: %d older rows removed", drained.generation, dropped)
        return letters


def next_offsets(batch: Iterable[Message]) -> dict[int, int]:
    """Where a batch ends, for each partition in it."""
    ends: dict[int, int] = {}
    for message in batch:
        ends[message.partition] = max(ends.get(message.partition, 0), message.offset + 1)
    return ends


def _published(message: Message) -> float | None:
    """When the log took the oldest record behind a message, in seconds since 1970; None: not said."""
    value = next((value for name, value in message.headers if name == topics.Header.PUBLISHED), None)
    try:
        return None if value is None else int(value) / 1000
    except ValueError:
        return None  # somebody else's


def _is_repair(message: Message) -> bool:
    return any(name == topics.Header.REPAIR for name, _ in message.headers)


def _origin(message: Message) -> dlq.LogOrigin:
    return dlq.LogOrigin(message.topic, message.partition, message.offset)


def _rows_letters(carried: Sequence[Carried], reasons: Mapping[int, str]) -> Iterator[dlq.DeadLetter]:
    """A letter for each refused row. `reasons` by the row's `id()`: of a key there may be several rows."""
    for message, rows in carried:
        for number, row in enumerate(rows):
            if (reason := reasons.get(id(row))) is not None:
                text = f"{row.source}:{row.region}:{row.date.isoformat()}"[:200] + f": {reason}"
                origin = replace(_origin(message), row=number)
                yield dlq.letter("rejected_row", text, origin, next(messages.encode([row])))
