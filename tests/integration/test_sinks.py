"""The sinks as processes of their own, on the real broker and real stores."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import httpx
import psycopg
import pytest
from boto3.dynamodb.conditions import Attr
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo

from covid_core import control, dlq, messages, topics
from covid_core.rows import Row

pytestmark = pytest.mark.integration

STORES = ("dynamodb", "rds", "redshift", "s3")
PATIENCE = 60
FIRST = dt.date(2021, 1, 1)


class Process:
    """One sink; restarts keep its group and its tables."""

    def __init__(self, store: str, environ: Mapping[str, str], log: Path) -> None:
        self.store = store
        self.environ = dict(environ)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._logged = 0

    def start(self, **more: str) -> None:
        self._logged = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "covid_sinks", self.store],
                env={**os.environ, **self.environ, **more},
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """What it said since it was started."""
        return self._log.read_bytes()[self._logged :].decode()

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> tuple[int, float]:
        """SIGTERM; the exit status, and how many seconds it took."""
        started = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        status = self.running.wait(timeout=30)
        return status, time.monotonic() - started

    def page(self, path: str) -> tuple[int, str]:
        found = re.search(r"on port (\d+)", self.log)
        if found is None:
            return 0, ""
        try:
            answer = httpx.get(f"http://127.0.0.1:{found[1]}{path}", timeout=5, trust_env=False)
            return answer.status_code, answer.text
        except httpx.TransportError:
            return 0, ""


class Proxy:
    """A TCP proxy that can be cut: connections are reset and new ones refused."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def cut(self) -> None:
        self._close(self._listener)
        for connection in self._open:
            self._close(connection)
        self._open.clear()

    def restore(self) -> None:
        self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        self._close(source)
        self._close(sink)

    @staticmethod
    def _close(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


class World:
    """The servers as this module uses them: tables and consumer groups of its own."""

    def __init__(self, stack: Any) -> None:
        self.name = f"sinks_{uuid.uuid4().hex[:10]}"
        self.settings: dict[str, str] = {
            **stack.settings,
            "COVID_DYNAMODB_TABLE": self.name,
            "COVID_RDS_TABLE": f"{self.name}_rds",
            "COVID_REDSHIFT_TABLE": f"{self.name}_redshift",
            "COVID_ICEBERG_NAMESPACE": self.name,
            "COVID_SINK_GROUP_SUFFIX": f"-{self.name}",
            "COVID_SINK_HTTP_PORT": "0",
        }
        self.bootstrap: str = stack.kafka_bootstrap
        self.producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5})
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap})

    def publish(self, rows: Sequence[Row], a_message: int = 50, **headers: bytes) -> None:
        for start in range(0, len(rows), a_message):
            for value in messages.encode(rows[start : start + a_message]):
                self.send(topics.METRICS, rows[start].region.encode(), value, **headers)

    def send(self, topic: str, key: bytes | None, value: bytes | None, **headers: bytes) -> tuple[int, int]:
        """Publish; the partition and offset."""
        sent: list[tuple[int, int]] = []
        self.producer.produce(
            topic,
            key=key,
            value=value,
            headers=dict(headers),
            on_delivery=lambda error, message: sent.append((message.partition(), message.offset())),
        )
        assert self.producer.flush(20) == 0
        return sent[0]

    def revisions(self, store: str, source: str) -> dict[tuple[str, dt.date], int]:
        """Region and date of the rows of a source, with their revision, by the store's ordinary client."""
        try:
            found = list(getattr(self, f"_{store}")(source))
        except Exception as error:
            if type(error).__name__ not in (
                "ResourceNotFoundException",
                "UndefinedTable",
                "NoSuchTableError",
            ):
                raise
            return {}
        rows = {(region, date): revision for region, date, revision in found}
        assert len(rows) == len(found)
        return rows

    def committed(self, store: str, topic: str = topics.METRICS) -> dict[int, int]:
        group = topics.sink_group(store) + self.settings["COVID_SINK_GROUP_SUFFIX"]
        request: list[Any] = [ConsumerGroupTopicPartitions(group)]
        parts = self.admin.list_consumer_group_offsets(request)[group].result().topic_partitions
        return {part.partition: part.offset for part in parts if part.topic == topic}

    def ends(self, topic: str = topics.METRICS) -> dict[int, int]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused"})
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions}
        consumer.close()
        return {p: end for p, end in ends.items() if end}

    def letters(self, origin: str, count: int = 1) -> list[dlq.DeadLetter]:
        """The dead letters of an origin (topic:partition:offset), once there are `count` of them."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused"})
        consumer.assign([TopicPartition(topics.METRICS_DLQ, 0, 0)])
        found: list[dlq.DeadLetter] = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None and message.key() == origin.encode():
                found.append(dlq.decode(message.value() or b""))
        consumer.close()
        return found

    def _dynamodb(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        resource: Any = boto3.resource(
            "dynamodb",
            endpoint_url=self.settings["COVID_DYNAMODB_ENDPOINT"],
            region_name="ca-central-1",
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
        )
        table = resource.Table(self.name)
        options: dict[str, Any] = {"ConsistentRead": True, "FilterExpression": Attr("source").eq(source)}
        while True:
            page = table.scan(**options)
            for item in page["Items"]:
                if "revision" in item:
                    yield item["region"], dt.date.fromisoformat(item["date"]), int(item["revision"])
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _rds(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        return self._sql("RDS", source)

    def _redshift(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        return self._sql("REDSHIFT", source)

    def _sql(self, store: str, source: str) -> Iterator[tuple[str, dt.date, int]]:
        table = self.settings[f"COVID_{store}_TABLE"]
        with psycopg.connect(self.settings[f"COVID_{store}_URL"]) as connection:
            query = f"SELECT region, date, revision FROM {table} WHERE source = %s"
            yield from connection.execute(query.encode(), (source,)).fetchall()

    def _s3(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        where: Any = EqualTo
        found = self.lake("metrics").scan(row_filter=where("source", source)).to_arrow()
        return zip(*(found[name].to_pylist() for name in ("region", "date", "revision")), strict=True)

    def lake(self, name: str) -> Any:
        catalog = SqlCatalog(
            "covid",
            uri=self.settings["COVID_ICEBERG_URI"],
            **{
                "s3.endpoint": self.settings["COVID_S3_ENDPOINT"],
                "s3.access-key-id": self.settings["COVID_S3_ACCESS_KEY"],
                "s3.secret-access-key": self.settings["COVID_S3_SECRET_KEY"],
                "s3.region": "ca-central-1",
                "s3.force-virtual-addressing": "false",
            },
        )
        return catalog.load_table((self.name, name))


@pytest.fixture(scope="module")
def world(stack: Any) -> World:
    return World(stack)


@pytest.fixture
def run(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Process]]:
    """Makes sink processes; a group suffix for each test, so that none waits for another's member."""
    running: list[Process] = []
    test = re.sub(r"\W", "-", request.node.name)
    world.settings["COVID_SINK_GROUP_SUFFIX"] = f"-{world.name}-{test}"

    def make(store: str, **settings: str) -> Process:
        process = Process(store, world.settings | settings, tmp_path / f"{store}.log")
        running.append(process)
        process.start()
        return process

    yield make
    for process in running:
        process.kill()


@pytest.fixture
def source() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def rows_of(
    source: str, days: int, regions: Sequence[str] = ("CA-ON", "CA-QC"), revision: int = 1
) -> list[Row]:
    return [
        Row(
            source=source,
            region=region,
            date=FIRST + dt.timedelta(day),
            confirmed=day,
            revision=revision,
            generation=1,
        )
        for region in regions
        for day in range(days)
    ]


def expected(rows: Sequence[Row]) -> dict[tuple[str, dt.date], int]:
    return {(row.region, row.date): row.revision for row in rows}


def until(
    condition: Callable[[], bool], what: str, process: Process | None = None, patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        log = process.log[-3000:] if process else ""
        assert time.monotonic() < deadline, f"{what}: not within {patience} s\n{log}"
        time.sleep(0.1)


@pytest.mark.parametrize("store", STORES)
def test_rows_arrive_are_committed_and_the_process_stops_in_time(
    store: str, world: World, run: Callable[..., Process], source: str
) -> None:
    rows = rows_of(source, 60)
    world.publish(rows)
    process = run(store)
    until(lambda: world.revisions(store, source) == expected(rows), "rows", process)
    until(lambda: world.committed(store) == world.ends(), "offsets", process, patience=5)
    assert process.page("/healthz")[0] == 200
    assert process.page("/readyz")[0] == 200
    status, text = process.page("/metrics")
    assert status == 200
    assert re.search(r'covid_sink_rows_total\{outcome="applied",sink="\w+"\} \d{3}', text)
    status, seconds = process.stop()
    assert status == 0
    assert seconds < 10
    secrets = [value for name, value in world.settings.items() if re.search("SECRET|PASSWORD|KEYS", name)]
    assert not any(secret in process.log for secret in secrets if len(secret) > 6)


def test_the_lag_is_shown_by_topic(world: World, run: Callable[..., Process], source: str) -> None:
    world.publish(rows_of(source, 60))
    process = run("rds")
    until(lambda: world.committed("rds") == world.ends(), "offsets", process)

    def lags() -> dict[str, float]:
        found = re.findall(
            r'covid_consumer_lag_messages\{group="[^"]+",partition="\d+",topic="([^"]+)"\} (\S+)',
            process.page("/metrics")[1],
        )
        return {topic: max(float(value) for name, value in found if name == topic) for topic, _ in found}

    until(lambda: lags() == {topics.METRICS: 0, topics.CONTROL: 0}, "no lag", process)


@pytest.mark.parametrize("store", STORES)
def test_kill_9_in_the_middle_loses_nothing(
    store: str, world: World, run: Callable[..., Process], source: str
) -> None:
    rows = rows_of(source, 600, ("CA-ON", "CA-QC", "CA-BC", "CA-AB"))
    process = run(store, COVID_SINK_BATCH_MESSAGES="4")
    until(lambda: "consuming" in process.log, "start", process)
    world.publish(rows, 40)
    for _ in range(3):
        seen = len(world.revisions(store, source))
        until(
            lambda seen=seen: len(world.revisions(store, source)) > seen or seen == len(rows),
            "progress",
            process,
        )
        process.kill()
        process.start()
    newer = rows_of(source, 5, revision=2)
    world.publish(newer)
    until(lambda: world.revisions(store, source) == expected(rows) | expected(newer), "rows", process)


def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(
    world: World, run: Callable[..., Process], source: str
) -> None:
    bad = [b"not json", None, b'{"columns": ["source"], "rows": [["x"]]}']
    places = [world.send(topics.METRICS, b"CA-ON", value) for value in bad]
    rows = rows_of(source, 3)
    world.publish(rows)
    process = run("rds")
    until(lambda: world.revisions("rds", source) == expected(rows), "rows", process)
    for value, (partition, offset) in zip(bad, places, strict=True):
        (letter,) = world.letters(f"{topics.METRICS}:{partition}:{offset}")
        assert letter.code == "bad_message"
        assert letter.raw == (value or b"")
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)


def test_a_row_that_the_store_refuses_is_a_dead_letter_that_can_be_replayed(
    world: World, run: Callable[..., Process], source: str
) -> None:
    rows = rows_of(source, 3)
    bad = Row(source=source, region="CA-PE", date=FIRST, confirmed=2**63, revision=1)
    (value,) = messages.encode([rows[0], bad, *rows[1:]])
    partition, offset = world.send(topics.METRICS, b"CA-ON", value)
    process = run("rds")
    (letter,) = world.letters(f"{topics.METRICS}:{partition}:{offset}")
    assert letter.code == "rejected_row"
    assert f"{source}:CA-PE:{FIRST}" in letter.reason
    assert messages.decode(letter.raw) == [bad]
    assert world.revisions("rds", source) == expected(rows)
    assert process.running.poll() is None


def test_a_store_that_is_down_only_waits(world: World, run: Callable[..., Process], source: str) -> None:
    url = world.settings["COVID_RDS_URL"]
    found = re.search(r"@([\w.]+):(\d+)/", url)
    assert found is not None
    proxy = Proxy(found[1], int(found[2]))
    process = run("rds", COVID_RDS_URL=url.replace(found[0], f"@127.0.0.1:{proxy.port}/"))
    first, second = rows_of(source, 5), rows_of(source, 5, revision=2)
    world.publish(first)
    until(lambda: world.revisions("rds", source) == expected(first), "rows", process)
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)
    before = world.committed("rds")

    proxy.cut()
    world.publish(second)
    until(lambda: process.page("/readyz")[0] == 503, "not ready", process)
    assert process.page("/healthz")[0] == 200
    assert world.committed("rds") == before
    assert world.revisions("rds", source) == expected(first)

    proxy.restore()
    until(lambda: world.revisions("rds", source) == expected(second), "rows", process, patience=15)
    until(lambda: world.committed("rds") == world.ends(), "offsets", process, patience=5)
    until(lambda: process.page("/readyz")[0] == 200, "ready", process, patience=5)


def test_stopped_while_its_store_is_down_it_writes_the_batch_after_the_restart(
    world: World, run: Callable[..., Process], source: str
) -> None:
    url = world.settings["COVID_REDSHIFT_URL"]
    found = re.search(r"@([\w.]+):(\d+)/", url)
    assert found is not None
    proxy = Proxy(found[1], int(found[2]))
    process = run("redshift", COVID_REDSHIFT_URL=url.replace(found[0], f"@127.0.0.1:{proxy.port}/"))
    first = rows_of(source, 2)
    world.publish(first)
    until(lambda: world.revisions("redshift", source) == expected(first), "rows", process)
    proxy.cut()
    second = rows_of(source, 5, revision=2)
    world.publish(second)
    until(lambda: "trying again" in process.log, "a failed try", process)
    status, seconds = process.stop()
    assert status == 0
    assert seconds < 10
    proxy.restore()
    process.start()
    until(lambda: world.revisions("redshift", source) == expected(second), "rows", process)


def test_a_failure_that_no_retry_mends_ends_the_process_without_committing(
    world: World, run: Callable[..., Process], source: str
) -> None:
    process = run("rds")
    first = rows_of(source, 2)
    world.publish(first)
    until(lambda: world.revisions("rds", source) == expected(first), "rows", process)
    with psycopg.connect(world.settings["COVID_RDS_URL"]) as connection:
        connection.execute(f"DROP TABLE {world.settings['COVID_RDS_TABLE']} CASCADE".encode())
    second = rows_of(source, 5, ("CA-NS",))
    world.publish(second)
    assert process.running.wait(timeout=20) == 1
    assert "UndefinedTable" in process.log
    process.start()
    again = expected(second).items()
    until(lambda: again <= world.revisions("rds", source).items(), "the batch that failed", process)


def test_a_wrong_setting_is_named_and_ends_the_process(world: World, run: Callable[..., Process]) -> None:
    process = run("rds", COVID_RDS_URL="oracle://somewhere")
    assert process.running.wait(timeout=20) == 2
    assert "COVID_RDS_URL starts with neither" in process.log


def test_the_archive_keeps_every_record_once_over_kill_9(
    world: World, run: Callable[..., Process], source: str
) -> None:
    sent = [f'{{"{source}": {i}}}'.encode() for i in range(300)]
    process = run("s3")
    for i, value in enumerate(sent):
        world.producer.produce(topics.RECORDS, value=value, headers={"file": b"x.csv"})
        if i % 100 == 99:
            world.producer.flush()
            seen = process.log.count("consuming")
            until(lambda seen=seen: process.log.count("consuming") >= max(seen, 1), "start", process)
            time.sleep(1.5 + i / 200)
            process.kill()
            process.start()

    def kept() -> list[bytes]:
        try:
            values = world.lake("records").scan().to_arrow()["value"].to_pylist()
        except Exception as error:
            if type(error).__name__ != "NoSuchTableError":
                raise
            return []
        return sorted(value for value in values if value and source.encode() in value)

    until(lambda: len(kept()) >= len(sent), "records", process)
    assert kept() == sorted(sent)


def test_older_generations_go_once_the_new_one_has_drained(
    world: World, run: Callable[..., Process], source: str
) -> None:
    old = [row.__class__(**{**_fields(row), "generation": 0}) for row in rows_of(source, 6)]
    new = rows_of(source, 4)
    world.publish(old)
    process = run("rds")
    until(lambda: len(world.revisions("rds", source)) == 12, "old rows", process)
    world.publish(new)
    drained = control.Drained(generation=1, metrics_end=world.ends())
    world.send(topics.CONTROL, control.DRAINED, control.encode(drained))
    until(lambda: world.revisions("rds", source) == expected(new), "only new rows", process)


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_a_repair_replaces_the_same_revision(world: World, run: Callable[..., Process], source: str) -> None:
    (row,) = rows_of(source, 1, ("CA-ON",))
    wrong = Row(**{**_fields(row), "confirmed": 666})
    process = run("rds")
    world.publish([wrong])
    until(lambda: bool(world.revisions("rds", source)), "row", process)
    world.publish([row], **{topics.Header.REPAIR: b"1"})

    def confirmed() -> int:
        with psycopg.connect(world.settings["COVID_RDS_URL"]) as connection:
            query = f"SELECT confirmed FROM {world.settings['COVID_RDS_TABLE']} WHERE source = %s"
            (value,) = connection.execute(query.encode(), (source,)).fetchall()[0]
            return int(value)

    until(lambda: confirmed() == row.confirmed, "the repair", process)


def test_one_row_is_in_the_store_within_a_second(
    world: World, run: Callable[..., Process], source: str
) -> None:
    process = run("rds")
    until(lambda: "consuming" in process.log, "start", process)
    world.publish(rows_of(source, 1))
    until(lambda: len(world.revisions("rds", source)) == 2, "rows", process)
    taken = []
    for revision in range(2, 12):
        rows = rows_of(source, 1, ("CA-ON",), revision)
        world.publish(rows)
        sent = time.monotonic()
        until(
            lambda rows=rows: expected(rows).items() <= world.revisions("rds", source).items(), "row", process
        )
        taken.append(time.monotonic() - sent)
    assert sorted(taken)[len(taken) // 2] < 1.0, taken
