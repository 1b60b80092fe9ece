"""The streaming job as a process of its own, on a real broker."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from covid_core import control, dlq, messages, topics
from covid_core.partitioning import partition_of
from covid_core.records import Record, encode
from covid_core.rows import Row
from covid_process.lag import Broker
from covid_process.topic import messages as messages_of

FIRST = dt.date(2021, 1, 25)
REPORTED = dt.datetime(2021, 3, 1, tzinfo=dt.UTC)
START_SECONDS = 90
ANSWER_SECONDS = 30


class Stream:
    """The job's process; the same checkpoint over restarts."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self._environ = environ
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "covid_stream"],
                env={**os.environ, **self._environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def jvm(self) -> psutil.Process:
        """The driver's JVM."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        return next(child for child in children if child.name() == "java")

    def kill(self) -> None:
        """kill -9 of the driver, its JVM and its Python workers at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def ended(self, seconds: float) -> int:
        """Wait until it ends by itself; the exit status."""
        assert self._process is not None
        status = self._process.wait(timeout=seconds)
        self._process = None
        return status

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        status = self._process.wait(timeout=30)
        self._process = None
        return status


class Tap:
    """Reads topics from where they end now and remembers everything."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"test-{uuid.uuid4()}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        positions = []
        for topic in (topics.METRICS, topics.RECORDS_DLQ, topics.RECORDS):
            for partition in self._consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                positions.append(TopicPartition(topic, partition, self._end(topic, partition)))
        self._consumer.assign(positions)
        self.rows: list[Row] = []
        self.dead: list[dlq.DeadLetter] = []
        self.records: list[Any] = []
        self.traces: list[list[bytes]] = []
        """The trace contexts of each message of rows."""

    def _end(self, topic: str, partition: int) -> int:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return int(self._consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)[1])
            except KafkaException as error:
                # A broker knows a new topic a moment before it leads it.
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def until(self, condition: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
        """Read until the condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s; saw {len(self.rows)} rows"
            message = self._consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            value = message.value()
            if message.topic() == topics.METRICS:
                self.rows += messages.decode(value)
                headers = message.headers() or []
                self.traces.append([held for name, held in headers if name == topics.Header.TRACEPARENT])
            elif message.topic() == topics.RECORDS_DLQ:
                self.dead.append(dlq.decode(value or b""))
            else:
                self.records.append(message)

    def of(self, source: str) -> dict[tuple[str, dt.date], Row]:
        """The newest row of each region and date of a source."""
        newest: dict[tuple[str, dt.date], Row] = {}
        for row in self.rows:
            key = row.region, row.date
            if row.source == source and (key not in newest or newest[key].revision <= row.revision):
                newest[key] = row
        return newest

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture(scope="module")
def stream(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    folder = tmp_path_factory.mktemp("stream")
    environ = {
        **stack.settings,
        "COVID_STREAM_CHECKPOINT": str(folder / "checkpoint"),
        "COVID_STREAM_LOCAL_DIR": str(folder / "local"),
        "COVID_STREAM_HTTP_PORT": "0",
    }
    running = Stream(environ, folder / "stream.log")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def tap(stack: Any) -> Iterator[Tap]:
    opened = Tap(stack.kafka_bootstrap)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def producer(stack: Any) -> Producer:
    return Producer({"bootstrap.servers": stack.kafka_bootstrap, "partitioner": "murmur2_random"})


@pytest.fixture
def source() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def day(i: int) -> dt.date:
    return FIRST + dt.timedelta(i)


def send(producer: Producer, *records: Record, **headers: bytes) -> None:
    for record in records:
        producer.produce(topics.RECORDS, key=record.region, value=encode(record), headers=dict(headers))
    assert producer.flush(10) == 0


def report(source: str, i: int, confirmed: int | None = None, **more: Any) -> Record:
    fields = {"region": "CA-ON", "reported_at": REPORTED, "confirmed": confirmed} | more
    return Record(source=source, date=day(i), **fields)


def test_records_become_rows_with_metrics(stream: Stream, tap: Tap, producer: Producer, source: str) -> None:
    send(producer, *(report(source, i, 100 + 7 * i, deaths=i) for i in range(10)))
    tap.until(lambda: len(tap.of(source)) == 10, START_SECONDS)
    rows = tap.of(source)
    last = rows["CA-ON", day(9)]
    assert (last.confirmed, last.new_confirmed, last.avg7_confirmed, last.new_deaths) == (163, 7, 7.0, 1)
    assert last.case_fatality_ratio == pytest.approx(9 / 163)
    assert rows["CA-ON", day(0)].new_confirmed is None


def test_the_traces_of_requests_go_along_with_their_rows(
    stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    contexts = [f"00-{n:032x}-{n:016x}-01".encode() for n in (1, 2)]
    for i, context in enumerate(contexts):
        send(producer, report(source, i, 100 + i), traceparent=context)
    tap.until(lambda: len(tap.of(source)) == 2, START_SECONDS)
    assert {context for held in tap.traces for context in held} == set(contexts)
    tap.traces.clear()
    send(producer, report(source, 2, 110))
    tap.until(lambda: len(tap.of(source)) == 3)
    assert tap.traces == [[]]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process's maps are not to be read")
def test_its_jvm_starts_with_the_class_archive_where_there_is_one(stack: Any, stream: Stream) -> None:
    options = shlex.split(stack.settings.get("SPARK_SUBMIT_OPTS", ""))
    archives = [option.partition("=")[2] for option in options if "SharedArchiveFile" in option]
    if not archives:
        pytest.skip("`covid warm` has made none")
    # A JVM that finds a difference, of its class path say, lets go of the file again.
    assert archives[0] in {map.path for map in stream.jvm().memory_maps()}


def test_a_correction_of_an_old_day_reaches_the_days_that_depend_on_it(
    stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    send(producer, *(report(source, i, 100 * i) for i in range(12)))
    tap.until(lambda: len(tap.of(source)) == 12, START_SECONDS)
    tap.rows.clear()
    send(producer, report(source, 3, 350, correction=True, reported_at=None))
    tap.until(lambda: len(tap.of(source)) == 9)
    rows = tap.of(source)
    # Rt looks back so far that all later ones do; of the other metrics only days 4 and 10.
    assert {key[1] for key in rows} == {day(i) for i in range(3, 12)}
    assert [rows["CA-ON", day(i)].new_confirmed for i in (3, 4)] == [150, 50]
    assert rows["CA-ON", day(10)].avg7_confirmed == pytest.approx(650 / 7)
    send(producer, report(source, 3, withdrawn=True, reported_at=None))
    tap.until(lambda: tap.of(source)["CA-ON", day(3)].confirmed == 300)


def test_a_deletion_leaves_a_tombstone(stream: Stream, tap: Tap, producer: Producer, source: str) -> None:
    send(producer, report(source, 0, 5), report(source, 1, 6))
    tap.until(lambda: len(tap.of(source)) == 2, START_SECONDS)
    send(producer, report(source, 0, deleted=True, correction=True, reported_at=None))
    tap.until(lambda: tap.of(source)["CA-ON", day(1)].new_confirmed is None)
    tombstone = tap.of(source)["CA-ON", day(0)]
    assert tombstone.deleted
    assert tombstone.confirmed is None


def test_a_writer_that_waits_is_answered_though_nothing_changed(
    stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    send(producer, report(source, 0, 5))
    tap.until(lambda: len(tap.of(source)) == 1, START_SECONDS)
    before = tap.of(source)["CA-ON", day(0)].revision
    send(producer, report(source, 0, 5), request_id=b"r1")
    tap.until(lambda: tap.of(source)["CA-ON", day(0)].revision > before)


def test_a_record_without_a_key_is_moved_to_its_partition(
    stack: Any, stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    partitions = len(producer.list_topics(topics.RECORDS, timeout=10).topics[topics.RECORDS].partitions)
    home = partition_of("CA-ON", partitions)
    producer.produce(topics.RECORDS, value=encode(report(source, 0, 5)), partition=(home + 1) % partitions)
    assert producer.flush(10) == 0
    tap.until(lambda: len(tap.of(source)) == 1, START_SECONDS)
    moved = [m for m in tap.records if any(name == topics.Header.ORIGIN for name, _ in m.headers() or ())]
    assert [(m.partition(), m.key()) for m in moved] == [(home, b"CA-ON")]


def test_what_is_no_record_is_kept_and_stops_nothing(
    stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    bad = [b'{"region":"CA-ON"', b"\xff\x00", b"[1]", b'{"source":"' + source.encode() + b'","region":"XX"}']
    for value in bad:
        producer.produce(topics.RECORDS, value=value)
    send(producer, report(source, 0, 5))
    tap.until(lambda: len(tap.of(source)) == 1 and len(tap.dead) >= len(bad), START_SECONDS)
    assert {letter.raw for letter in tap.dead} >= set(bad)


def test_killed_and_started_again_nothing_is_missing(
    stack: Any, stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    send(producer, *(report(source, i, i) for i in range(200)))
    tap.until(lambda: len(tap.of(source)) > 0, START_SECONDS)
    stream.kill()
    send(producer, *(report(source, i, 2 * i, reported_at=REPORTED + dt.timedelta(1)) for i in range(200)))
    stream.start()

    def settled() -> bool:
        rows = tap.of(source)
        return len(rows) == 200 and all(rows["CA-ON", day(i)].confirmed == 2 * i for i in range(200))

    tap.until(settled, START_SECONDS)
    assert {row.new_confirmed for key, row in tap.of(source).items() if key[1] > day(0)} == {2}
    _wait_for_no_lag(stack.kafka_bootstrap)


def test_a_later_generation_is_followed_without_a_restart(
    stack: Any, stream: Stream, tap: Tap, producer: Producer, source: str
) -> None:
    send(producer, report(source, 0, 5))
    tap.until(lambda: len(tap.of(source)) == 1, START_SECONDS)
    present = generation_of(stack.kafka_bootstrap)
    later = msgspec.structs.replace(present, generation=present.generation + 1)
    producer.produce(topics.CONTROL, key=control.GENERATION, value=control.encode(later))
    assert producer.flush(10) == 0
    # The whole log is read again, from its first record on.
    tap.until(lambda: any(r.source == source and r.generation == later.generation for r in tap.rows))
    send(producer, report(source, 1, 6))
    tap.until(lambda: (row := tap.of(source).get(("CA-ON", day(1)))) is not None and row.new_confirmed == 1)
    assert tap.of(source)["CA-ON", day(1)].generation == later.generation


def test_it_stops_when_told(stream: Stream, tap: Tap, producer: Producer, source: str) -> None:
    send(producer, report(source, 0, 5))
    tap.until(lambda: len(tap.of(source)) == 1, START_SECONDS)
    assert stream.stop() == 0


def _wait_for_no_lag(bootstrap: str) -> None:
    """The stream's consumer group shows that it is at the end of the log."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topics.STREAM_GROUP})
    try:
        count = len(consumer.list_topics(topics.RECORDS, timeout=10).topics[topics.RECORDS].partitions)
        partitions = [TopicPartition(topics.RECORDS, p) for p in range(count)]
        ends = [consumer.get_watermark_offsets(p, timeout=10)[1] for p in partitions]
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            done = [max(p.offset, 0) for p in consumer.committed(partitions, timeout=10)]
            if all(d >= e for d, e in zip(done, ends, strict=True)):
                return
            assert time.monotonic() < deadline, f"committed {done}, log ends at {ends}"
            time.sleep(0.2)
    finally:
        consumer.close()


def generation_of(bootstrap: str) -> control.Generation:
    """What stands in the control topic."""
    connection = {"bootstrap.servers": bootstrap}
    ends = Broker(connection, "test").ends([(topics.CONTROL, 0)])
    found = [
        control.decode_generation(message.value() or b"")
        for message in messages_of(connection, topics.CONTROL, {}, {0: ends[topics.CONTROL, 0]}, "test")
        if message.key() == control.GENERATION
    ]
    return found[-1]
