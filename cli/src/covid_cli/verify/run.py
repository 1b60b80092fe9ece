"""The verification itself: wait for the readers of the log, recompute, read every store, compare."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Final, NamedTuple

import duckdb
import msgspec
import pyarrow as pa
from confluent_kafka import KafkaException

from covid_cli.progress import Tell
from covid_cli.verify.compare import Key, find_differences
from covid_cli.verify.connections import STORES, Connections, readers
from covid_cli.verify.generation import outdated, stored
from covid_cli.verify.log import LogTable
from covid_cli.verify.oracle import compute_expected
from covid_cli.verify.positions import POLL_SECONDS, Positions
from covid_cli.verify.refused import refused_rows
from covid_cli.verify.repair import Basis, publish, repairs
from covid_cli.verify.report import KEPT, Difference, Lag, Report, StoreResult
from covid_cli.verify.stores import Reader, Span
from covid_core import topics
from covid_core.control import Generation
from covid_core.errors import first_line
from covid_core.verified import Verdict, verdict
from covid_process.topic import BrokerSilent

WAIT_SECONDS: Final = 60.0
_EXPIRING: Final = frozenset({"dynamodb"})
"""Stores whose tombstones disappear after a while."""
_MOST_SPANS: Final = 2_000
"""From this many differing days and series on, reading everything again is no more work."""


class Unreadable(Exception):
    """A store, or the log, that cannot be read; the message says which and why."""


class _Reading(NamedTuple):
    rows: pa.Table
    seconds: float


class _Round(NamedTuple):
    """One comparison, and what it rests on. `moved`: the log grew meanwhile, so what differs may only be
    newer."""

    basis: Basis
    expected_rows: int
    readings: dict[str, _Reading]
    differences: list[Difference]
    dead_letters: int
    lags: list[Lag]
    outdated: str | None
    moved: bool

    @property
    def lagging(self) -> bool:
        """Whether nothing was compared, since somebody has not come so far."""
        return bool(self.lags) or self.outdated is not None


def verify(
    where: Connections,
    *,
    stores: Sequence[str] = STORES,
    wait: float = WAIT_SECONDS,
    repair: bool = False,
    tell: Tell = lambda text: None,
) -> Report:
    """Compare the stores with the log.

    With `repair`, what differs for another reason than that its store refused it is sent to the sinks again,
    and compared once more when they have passed that.

    What can be read is compared where another store cannot.

    Waits up to `wait` seconds for the stream and the sinks to pass where the log stood at the start; what
    differs on a moving system is read again for as long. `tell` hears what is being done, from any thread.
    Raises `SettingsError` for what is not configured, `Unreadable` where the log or every store cannot be
    read.
    """
    try:
        with closing(_Verification(where, readers(where, stores), tell)) as verification:
            return _verified(verification, wait, repair)
    except (KafkaException, BrokerSilent) as error:
        raise Unreadable(f"the log cannot be read: {first_line(error)}") from error


def _verified(verification: _Verification, wait: float, repair: bool) -> Report:
    started = time.monotonic()
    deadline = started + wait
    first = verification.round(None, deadline)
    if first.lagging:
        return _lagging(first, verification, started)
    last, rounds = first, 1
    deadline = time.monotonic() + wait
    while last.moved and _open(last.differences) and time.monotonic() < deadline:
        again = verification.round(_scope(last.differences), deadline)
        rounds += 1
        if again.lagging:
            return _lagging(again, verification, started)
        last = again
    repaired = 0
    if repair and _open(last.differences):
        scope = _scope(last.differences)
        repaired = verification.repair(last)
        last = verification.round(scope, time.monotonic() + wait)
        rounds += 1
        if last.lagging:
            return _lagging(last, verification, started)
    return msgspec.structs.replace(_report(first, last, rounds, verification, started), repaired=repaired)


class _Verification:
    """What is kept between rounds: the log read so far, and the database that compares."""

    def __init__(self, where: Connections, stores: Mapping[str, Reader], tell: Tell) -> None:
        self._where = where
        self._stores = stores
        self._tell = tell
        self._positions = Positions(where.kafka)
        self._duck = duckdb.connect(config={"memory_limit": "1GB"})
        self._generation: Generation | None = None
        self.log = LogTable(where.kafka)
        self.unreadable: dict[str, str] = {}
        """Why, by the name of the store."""
        self.begun: Mapping[int, int] = {}
        """Where `covid.records` stood at the first round."""
        self.waited = 0.0

    def close(self) -> None:
        self._duck.close()

    def round(self, scope: Mapping[str, Sequence[Key]] | None, deadline: float) -> _Round:
        """Wait, recompute, read and compare. `scope`: only these keys of these stores."""
        records_end, why = self._settled(deadline)
        self.begun = self.begun or records_end
        lags, metrics_end = ([], {}) if why else self._wait(records_end, deadline)
        if lags or why:
            return _Round(Basis({}, {}), 0, {}, [], 0, lags, why, moved=True)
        keys: Mapping[str, Sequence[Key] | None] = scope or dict.fromkeys(self._stores)
        with ThreadPoolExecutor(len(keys) + 1, thread_name_prefix="verify") as pool:
            reading = {name: pool.submit(self._read, name, keys[name]) for name in keys}
            # Of the generation's partitions: with one more, most records would stand in the wrong one.
            now = self._positions.ends(topics.RECORDS)
            log = self.log.read_to({partition: now[partition] for partition in records_end}, self._tell)
            self._tell(f"recomputing every row from {self.log.records:,} records")
            expected_rows = compute_expected(self._duck, log, self._where.interval)
            refused = refused_rows(self._where.kafka, self._positions.ends(topics.METRICS_DLQ))
            readings = {
                name: found for name, future in reading.items() if (found := self._found(name, future))
            }
        if len(self.unreadable) == len(self._stores):
            raise Unreadable("; ".join(self.unreadable.values()))
        self._tell("comparing")
        differences = [
            difference
            for name, found in readings.items()
            for difference in find_differences(
                self._duck,
                name,
                found.rows,
                refused,
                keys[name],
                tombstones_expire=name in _EXPIRING,
            )
        ]
        moved = (records_end, metrics_end) != (
            self._positions.ends(topics.RECORDS),
            self._positions.ends(topics.METRICS),
        )
        basis = Basis(self.log.end, metrics_end)
        return _Round(basis, expected_rows, readings, differences, refused.num_rows, [], None, moved)

    def repair(self, last: _Round) -> int:
        """Send what differed in the last round to the sinks again, but for what has changed since; how many
        rows."""
        keys = list(dict.fromkeys((d.source, d.region, d.date) for d in last.differences if not d.refused))
        self._tell(f"reading what was sent last of {len(keys):,} rows")
        end = self._positions.ends(topics.METRICS)
        rows = repairs(self._duck, keys, self._where.kafka, last.basis, end)
        self._tell(f"sending {len(rows):,} rows again")
        return publish(self._where.kafka, rows)

    def _settled(self, deadline: float) -> tuple[Mapping[int, int], str | None]:
        """Where the log ends, and why the stream's rows are none to compare, which may pass until then."""
        started = time.monotonic()
        try:
            while True:
                end = self._positions.ends(topics.RECORDS)
                generation = stored(self._where.kafka, self._positions)
                why = outdated(
                    generation,
                    partitions=len(end),
                    topic_id=self._positions.topic_id(topics.RECORDS),
                    interval=self._where.interval,
                )
                if why is None or time.monotonic() >= deadline:
                    break
                self._tell("waiting for the stream to begin anew")
                time.sleep(POLL_SECONDS)
        finally:
            self.waited += time.monotonic() - started
        if generation != self._generation:
            # Another log, or the same with other partitions: what was read of it stood elsewhere.
            self._generation, self.log = generation, LogTable(self._where.kafka)
        return end, why

    def _wait(self, records_end: Mapping[int, int], deadline: float) -> tuple[list[Lag], Mapping[int, int]]:
        started = time.monotonic()
        try:
            stream = [topics.STREAM_GROUP]
            lags = self._positions.wait(stream, topics.RECORDS, records_end, deadline, self._tell)
            if lags:
                return lags, {}
            # Taken after the stream has passed: all that follows from the records stands before it.
            metrics_end = self._positions.ends(topics.METRICS)
            sinks = [topics.sink_group(name, self._where.group_suffix) for name in self._stores]
            lags = self._positions.wait(sinks, topics.METRICS, metrics_end, deadline, self._tell)
            return lags, metrics_end
        finally:
            self.waited += time.monotonic() - started

    def _found(self, name: str, reading: Future[_Reading]) -> _Reading | None:
        """None where the store cannot be read, which is remembered."""
        try:
            return reading.result()
        except Unreadable as error:
            self.unreadable[name] = str(error)
            return None

    def _read(self, name: str, keys: Sequence[Key] | None) -> _Reading:
        started = time.monotonic()
        lock = threading.Lock()

        def count(rows: int) -> None:
            with lock:
                self._tell(f"reading {name}: {rows:,} rows")

        spans = None if keys is None else _spans(keys)
        if spans is not None and len(spans) > _MOST_SPANS:
            spans = None
        try:
            rows = self._stores[name].read(spans, count)
        except Exception as error:  # each client has its own, without a common base
            raise Unreadable(f"{name} cannot be read: {first_line(error)}") from error
        return _Reading(rows, time.monotonic() - started)


def _spans(keys: Sequence[Key]) -> list[Span]:
    """One span a source and region, from the first to the last of its days."""
    days: dict[tuple[str, str], list[Key]] = {}
    for key in keys:
        days.setdefault(key[:2], []).append(key)
    return [
        Span(source, region, min(key[2] for key in group), max(key[2] for key in group))
        for (source, region), group in days.items()
    ]


def _open(differences: Sequence[Difference]) -> bool:
    return any(not difference.refused for difference in differences)


def _scope(differences: Sequence[Difference]) -> dict[str, list[Key]]:
    scope: dict[str, dict[Key, None]] = {}
    for d in differences:
        scope.setdefault(d.store, {})[d.source, d.region, d.date] = None
    return {store: list(keys) for store, keys in scope.items()}


def _lagging(last: _Round, verification: _Verification, started: float) -> Report:
    return Report(
        status=Verdict.LAGGING,
        positions=dict(verification.begun),
        lags=last.lags,
        outdated=last.outdated,
        unreadable=verification.unreadable,  # in an earlier round
        waited_seconds=verification.waited,
        seconds=time.monotonic() - started,
    )


def _report(first: _Round, last: _Round, rounds: int, verification: _Verification, started: float) -> Report:
    total = Counter(difference.store for difference in last.differences)
    refused = Counter(difference.store for difference in last.differences if difference.refused)
    return Report(
        status=verdict(total.total(), refused.total()),
        positions=dict(verification.begun),
        expected_rows=last.expected_rows,
        log_records=verification.log.records,
        log_refused=verification.log.refused,
        log_misplaced=verification.log.misplaced,
        dead_letters=last.dead_letters,
        stores={
            name: StoreResult(reading.rows.num_rows, total[name], refused[name], reading.seconds)
            for name, reading in first.readings.items()
            if name not in verification.unreadable
        },
        unreadable=verification.unreadable,
        # What needs a person comes first.
        differences=sorted(last.differences, key=lambda difference: difference.refused)[:KEPT],
        rounds=rounds,
        waited_seconds=verification.waited,
        seconds=time.monotonic() - started,
    )
