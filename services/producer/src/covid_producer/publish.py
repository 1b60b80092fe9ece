"""Publishing: from files at hand to records, dead letters and entries in the list of finished files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from covid_core import dlq, ledger, records, topics
from covid_core.formats import FormatError, Input, Parsed, Refusal, parse
from covid_core.ledger import Finished, Ledger
from covid_core.topics import Header, files_header
from covid_producer.kafka import Headers, LogUnavailable
from covid_producer.plan import Batch, Failed, Plan, Scope, digest, plan
from covid_producer.sources.base import Candidate, Unavailable

ACTOR: Final = "producer"
_STEP: Final = 1000
"""Records between two looks at the progress bar and at whether to stop."""


class LogPort(Protocol):
    """What publishing needs of the log. See `covid_producer.kafka.Log`."""

    def finished(self) -> Ledger: ...
    def append(self, topic: str, key: bytes, value: bytes, headers: Headers = ...) -> None: ...
    def flush(self) -> None: ...


class Progress(Protocol):
    """Who is told how far it is."""

    def planned(self, plan: Plan) -> None: ...
    def started(self, batch: Batch, records: int) -> None: ...
    def advanced(self, records: int) -> None: ...


class Stopped(Exception):
    """Publishing was asked to stop; what was under way is published again next time."""


@dataclass(frozen=True)
class Published:
    """A batch that is in the log: how many records, of which regions and dates, and what was refused."""

    batch: Batch
    records: int
    regions: frozenset[str]
    dates: frozenset[dt.date]
    refusals: Sequence[Refusal]
    reported_at: dt.datetime | None


@dataclass
class Outcome:
    """What became of the files at hand."""

    plan: Plan
    published: list[Published] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Refused lines, cells and sums in the files that were published."""
        return sum(len(one.refusals) for one in self.published)


class HoldsInvented(LogUnavailable):
    """The log holds invented numbers: real ones beside them could not be told apart."""


class Publisher:
    """Publishes files, each as a whole before it is listed as finished."""

    def __init__(
        self,
        log: LogPort,
        progress: Progress,
        now: Callable[[], dt.datetime],
        should_stop: Callable[[], bool],
    ) -> None:
        self._log = log
        self._progress = progress
        self._now = now
        self._should_stop = should_stop

    def publish(self, candidates: Iterable[Candidate], scope: Scope) -> Outcome:
        """Publish what is not finished yet. Raises `LogUnavailable`, `HoldsInvented` where real numbers would
        join invented ones (unless forced), and `Stopped` when asked to stop.

        A file that cannot be used costs itself only: it is in the outcome, and (where it is a publisher's)
        in the DLQ.
        """
        finished = dict(self._log.finished())
        received_at = self._now()
        outcome = Outcome(plan(candidates, finished, scope, received_at))
        if not scope.force:
            _check_not_mixed(outcome.plan, finished)
        self._progress.planned(outcome.plan)
        for failed in outcome.plan.failed:
            self._fail(failed, outcome)
        for batch in outcome.plan.batches:
            try:
                parsed = _parse(batch, scope, received_at)
            except FormatError as error:
                for failed in _blamed(batch, error):
                    self._fail(failed, outcome)
            except Unavailable as error:
                for file in batch.files:
                    self._fail(Failed(file.candidate, str(error)), outcome)
            else:
                self._append(batch, parsed, scope, finished)
                outcome.published.append(_published(batch, parsed))
        self._log.flush()
        return outcome

    def _append(self, batch: Batch, parsed: Parsed, scope: Scope, finished: Ledger) -> None:
        self._progress.started(batch, len(parsed.records))
        headers = _headers(batch)
        for start in range(0, len(parsed.records), _STEP):
            if self._should_stop():
                raise Stopped
            step = parsed.records[start : start + _STEP]
            for record in step:
                self._log.append(topics.RECORDS, record.region.encode(), records.encode(record), headers)
            self._progress.advanced(len(step))
        hashes = {file.candidate.basename: file.sha256 for file in batch.files}
        for refusal in parsed.refusals:
            self._append_letter(refusal.letter(hashes[refusal.file]))
        # Only when everything is in the log may a file be skipped next time.
        self._log.flush()
        for file in batch.files:
            entry = Finished(
                name=file.candidate.basename,
                kind=batch.kind,
                countries=ledger.scope(scope.countries, finished.get(file.key)),
                records=len(parsed.records),
                refused=len(parsed.refusals),
                newest=parsed.newest,
                reported_at=parsed.reported_at,
                invented=file.candidate.invented,
            )
            self._log.append(topics.FILES, file.key.encode(), ledger.encode(entry))

    def _fail(self, failed: Failed, outcome: Outcome) -> None:
        outcome.failed.append(failed)
        if failed.sha256 and failed.error and failed.error.code != "unknown_header":
            # A file that is gone by now has nothing to be kept.
            with suppress(Unavailable):
                self._append_letter(_letter_of_file(failed, failed.sha256, failed.error))

    def _append_letter(self, letter: dlq.DeadLetter) -> None:
        self._log.append(
            topics.RECORDS_DLQ, dlq.key(letter), dlq.encode(letter), [(Header.ACTOR, ACTOR.encode())]
        )


def _check_not_mixed(wanted: Plan, finished: Ledger) -> None:
    real = [file for batch in wanted.batches for file in batch.files if not file.candidate.invented]
    if real and any(entry.invented for entry in finished.values()):
        raise HoldsInvented(ledger.HOLDS_INVENTED)


def _published(batch: Batch, parsed: Parsed) -> Published:
    return Published(
        batch=batch,
        records=len(parsed.records),
        regions=frozenset(record.region for record in parsed.records),
        dates=frozenset(record.date for record in parsed.records),
        refusals=parsed.refusals,
        reported_at=parsed.reported_at,
    )


def _parse(batch: Batch, scope: Scope, received_at: dt.datetime) -> Parsed:
    with ExitStack() as stack:
        inputs = [
            Input(file.candidate.basename, stack.enter_context(file.candidate.open())) for file in batch.files
        ]
        parsed = parse(
            batch.kind,
            inputs,
            countries=scope.countries,
            received_at=received_at,
            reported_at=scope.reported_at,
        )
    for file in batch.files:
        if digest(file.candidate) != file.sha256:
            raise Unavailable(f"{file.candidate.name} changed while it was read; publish it again")
    return parsed


def _headers(batch: Batch) -> Headers:
    names = files_header((file.candidate.basename, file.sha256) for file in batch.files)
    return [(Header.FILE, names), (Header.ACTOR, ACTOR.encode())]


def _blamed(batch: Batch, error: FormatError) -> Sequence[Failed]:
    """The file of a batch that the error is about; the others of its group fail with it."""
    return [
        Failed(file.candidate, error.reason, file.sha256, error)
        if file.candidate.basename == error.file
        else Failed(file.candidate, f"not published, because of {error}", file.sha256)
        for file in batch.files
    ]


def _letter_of_file(failed: Failed, sha256: str, error: FormatError) -> dlq.DeadLetter:
    """A letter about a whole file."""
    with failed.candidate.open() as stream:
        start = stream.read(dlq.MAX_RAW)
        length = len(start)
        while chunk := stream.read(1024 * 1024):
            length += len(chunk)
    return error.letter(sha256, start, length)
