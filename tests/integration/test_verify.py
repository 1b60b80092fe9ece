"""`covid verify` on real servers: a log in Kafka, and stores that hold, or do not hold, what it says.

The core and the sinks' adapters, called here directly, do what the stream and the sinks do; the rest is as
in operation, so that everything verification reads is real.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import boto3
import msgspec
import psycopg
import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from covid_cli.verify.connections import STORES, Connections, connections
from covid_cli.verify.generation import stored
from covid_cli.verify.oracle import COMPARED
from covid_cli.verify.positions import Positions
from covid_cli.verify.report import Report
from covid_cli.verify.run import verify
from covid_core import control, dlq, messages, metrics, topics, verified
from covid_core.environment import variable
from covid_core.logged import Logged
from covid_core.partitioning import partition_of
from covid_core.records import Record, Refused, decode, encode
from covid_core.records import Status as Why
from covid_core.rows import Row
from covid_core.settings import RdsSettings
from covid_core.verified import Verdict
from covid_process.topic import messages as read_topic
from covid_sinks.contract import Sink
from covid_sinks.dynamodb import DynamoSink
from covid_sinks.iceberg.lake import Lake
from covid_sinks.iceberg.metrics import IcebergSink
from covid_sinks.sql.build import rds, redshift
from tests.conftest import Servers
from tests.unit.core.random_logs import Stores

pytestmark = pytest.mark.integration

SOURCE = f"verify-{uuid.uuid4().hex[:8]}"
"""This run's own, since tests share the log."""
REPORTED = dt.datetime(2022, 1, 20, tzinfo=dt.UTC)
FIRST = dt.date(2021, 12, 1)
KEY = (SOURCE, "CA-ON", dt.date(2021, 12, 12))


def record(region: str, day: int, source: str = SOURCE, hour: int = 0, **cells: Any) -> Record:
    return Record(
        source=source, region=region, date=FIRST + dt.timedelta(days=day),
        reported_at=REPORTED + dt.timedelta(hours=hour), **cells,
    )  # fmt: skip


def reports() -> list[Record]:
    """Reports, corrections, deletions and statuses in Canada and elsewhere."""
    log = [
        record(
            region,
            day,
            source,
            confirmed=100 * day,
            deaths=day,
            tests=1000 * day,
            status={"recovered": Why.ENDED},
        )
        for source in (SOURCE, "phac", "jhu")
        for region in ("CA", "CA-ON", "CA-NU", "US")
        for day in range(40)
    ]
    return [
        *log,
        record("CA-ON", 5, confirmed=7, correction=True),
        record("CA-ON", 6, hour=1, deleted=True),
        record("CA-NU", 7, hour=2, deleted=True, correction=True),
        record("CA-NU", 8, hour=2, confirmed=7, correction=True),
        record("CA-NU", 8, hour=2, withdrawn=True),
    ]


class World:
    """The log, the stores, and what stands between them."""

    def __init__(self, stack: Servers) -> None:
        name = f"verify_{uuid.uuid4().hex[:8]}"
        self.environ = stack.settings | {
            "COVID_RDS_URL": stack.new_database(),
            "COVID_REDSHIFT_URL": stack.new_database(),
            "COVID_DYNAMODB_TABLE": name,
            "COVID_ICEBERG_NAMESPACE": name,
        }
        self.where: Connections = connections(self.environ, str)
        self.kafka = dict(self.where.kafka)
        self.admin = AdminClient(self.kafka)
        self.positions = Positions(self.kafka)
        self.producer = Producer(self.kafka | {"partitioner": "murmur2_random"})
        self.core = Stores()
        self.read: dict[int, int] = {}
        self.sinks: dict[str, Sink] = {
            "dynamodb": DynamoSink(self.where.dynamodb, lambda: dt.datetime.now(dt.UTC)),
            "s3": IcebergSink(Lake(self.where.iceberg, self.where.s3)),
            "rds": rds(self.where.rds),
            "redshift": redshift(self.where.redshift, self.where.s3),
        }
        for sink in self.sinks.values():
            sink.open()

    def publish(self, *values: Record | bytes, topic: str = topics.RECORDS, **place: Any) -> None:
        for value in values:
            key = value.region.encode() if isinstance(value, Record) else None
            raw = encode(value) if isinstance(value, Record) else value
            self.producer.produce(topic, raw, key=key, **place)
        assert self.producer.flush(20) == 0

    def stream(self) -> None:
        """Advance the core to the end of the log, bring the rows into the stores and commit."""
        end = self.positions.ends(topics.RECORDS)
        emitted = self.core.apply(list(self._tail(end)))
        for sink in self.sinks.values():
            if emitted:
                sink.write(list({(r.source, r.region, r.date): r for r in emitted}.values()))
        self.commit(topics.STREAM_GROUP, topics.RECORDS)
        for name in self.sinks:
            self.commit(topics.sink_group(name), topics.METRICS)

    def commit(self, group: str, topic: str) -> None:
        places = [TopicPartition(topic, p, offset) for p, offset in self.positions.ends(topic).items()]
        asked = ConsumerGroupTopicPartitions(group, places)
        self.admin.alter_consumer_group_offsets([asked])[group].result(10)

    def verify(self, wait: float = 20, stores: Sequence[str] = STORES) -> Report:
        return verify(self.where, stores=stores, wait=wait)

    def postgres(self, store: str) -> psycopg.Connection[Any]:
        url = self.where.rds.url if store == "rds" else self.where.redshift.url
        return psycopg.connect(str(url), autocommit=True)

    def row(self) -> Row:
        return self.core.rows[KEY]

    def close(self) -> None:
        for sink in self.sinks.values():
            sink.close()
        groups = [topics.STREAM_GROUP, *map(topics.sink_group, self.sinks)]
        for future in self.admin.delete_consumer_groups(groups).values():
            future.result(10)

    def _tail(self, end: dict[int, int]) -> Iterator[Logged]:
        consumer = Consumer(self.kafka | {"group.id": "unused", "enable.auto.commit": False})
        try:
            for partition, last in end.items():
                position = self.read.get(partition, 0)
                consumer.assign([TopicPartition(topics.RECORDS, partition, position)])
                while position < last:
                    message = consumer.poll(20)
                    assert message is not None and message.error() is None
                    position = (message.offset() or 0) + 1
                    moment = dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)
                    try:
                        found = decode(message.value(), moment)
                    except Refused:
                        continue
                    if partition_of(found.region, len(end)) == partition:
                        yield Logged(found, position - 1)
                self.read[partition] = position
        finally:
            consumer.close()


@pytest.fixture(scope="module")
def world(stack: Servers) -> Iterator[World]:
    world = World(stack)
    try:
        world.publish(*reports())
        wrong = (partition_of("CA-ON", len(world.positions.ends(topics.RECORDS))) + 1) % 4
        world.publish(encode(record("CA-ON", 1, confirmed=999_999, hour=9)), partition=wrong)
        world.publish(b"no JSON", b"[]")
        world.stream()
        yield world
    finally:
        world.close()


@pytest.fixture
def whole(world: World) -> Iterator[World]:
    """The world as it should be, before and after a test."""
    yield world
    world.stream()
    for sink in world.sinks.values():
        sink.write(list(world.core.rows.values()), repair=True)


def names(report: Report) -> list[tuple[str, str, str, str]]:
    return [(d.store, d.field, d.expected, d.found) for d in report.differences]


def test_stores_that_hold_what_the_log_says_are_equal(whole: World) -> None:
    report = whole.verify()
    assert report.differences == []
    assert (report.status, report.exit_code) == (Verdict.EQUAL, 0)
    assert report.expected_rows == len(whole.core.rows)
    assert {name: store.rows for name, store in report.stores.items()} == dict.fromkeys(
        STORES, len(whole.core.rows)
    )
    assert report.log_refused >= 2
    assert report.log_misplaced >= 1


@pytest.mark.parametrize("store", ["rds", "redshift"])
def test_a_wrong_cell_is_named(whole: World, store: str) -> None:
    with whole.postgres(store) as connection:
        connection.execute(
            "UPDATE covid_metrics SET deaths = 999 WHERE source = %s AND region = %s AND date = %s", KEY
        )
    report = whole.verify()
    assert (report.status, report.exit_code) == (Verdict.DIFFERENT, 1)
    assert names(report) == [(store, "deaths", "11", "999")]
    (difference,) = report.differences
    assert (difference.source, difference.region, difference.date) == KEY


def test_a_wrong_and_a_foreign_item_in_dynamodb_are_named(whole: World) -> None:
    table: Any = boto3.resource(
        "dynamodb",
        endpoint_url=whole.where.dynamodb.endpoint,
        region_name=whole.where.dynamodb.region,
        aws_access_key_id=whole.where.dynamodb.access_key,
        aws_secret_access_key=whole.where.dynamodb.secret_key,
    ).Table(whole.where.dynamodb.table)
    key = {"pk": f"{SOURCE}#CA-ON", "sk": KEY[2].isoformat()}
    item = table.get_item(Key=key)["Item"]
    table.put_item(Item=item | {"recovered_status": "missing"})
    foreign = {"pk": f"{SOURCE}#FR", "region": "FR"}
    table.put_item(Item=item | foreign)
    try:
        assert names(whole.verify()) == [
            ("dynamodb", "recovered_status", "ended", "missing"),
            ("dynamodb", "row", "absent", "live"),
        ]
    finally:
        table.delete_item(Key={"pk": foreign["pk"], "sk": KEY[2].isoformat()})


def test_an_outdated_row_in_the_lake_is_named(whole: World) -> None:
    row = whole.row()
    assert row.confirmed is not None
    old = Row(*(row.confirmed + 1 if c == "confirmed" else getattr(row, c) for c in row.__struct_fields__))
    whole.sinks["s3"].write([old], repair=True)
    assert names(whole.verify()) == [("s3", "confirmed", "1100", "1101")]
    assert whole.verify(stores=["rds", "dynamodb"]).status is Verdict.EQUAL


def test_refused_rows_are_told_apart(whole: World) -> None:
    with whole.postgres("rds") as connection:
        connection.execute("DELETE FROM covid_metrics WHERE source = %s AND region = %s AND date = %s", KEY)
    assert whole.verify().exit_code == 1
    letter = dlq.letter(
        "rejected_row",
        "by the test",
        dlq.LogOrigin(topics.METRICS, 0, 0),
        next(messages.encode([whole.row()])),
    )
    whole.publish(dlq.encode(letter), b"no letter", topic=topics.METRICS_DLQ)
    report = whole.verify()
    assert (report.status, report.exit_code) == (Verdict.REFUSED, 3)
    assert names(report) == [("rds", "row", "live", "absent")]
    assert report.differences[0].refused
    assert report.dead_letters >= 1


def test_who_lags_is_named(whole: World) -> None:
    whole.publish(record("CA-ON", 41, confirmed=4100))
    report = whole.verify(wait=0.5)
    assert (report.status, report.exit_code) == (Verdict.LAGGING, 2)
    (lag,) = report.lags
    assert (lag.group, lag.topic, lag.behind) == (topics.STREAM_GROUP, topics.RECORDS, 1)
    whole.commit(topics.STREAM_GROUP, topics.RECORDS)
    whole.publish(next(messages.encode([whole.row()])), topic=topics.METRICS)
    report = whole.verify(wait=0.5)
    assert {lag.group for lag in report.lags} == {topics.sink_group(name) for name in STORES}


def test_a_stream_that_has_yet_to_begin_anew_is_not_compared(whole: World) -> None:
    """As after an upgrade, while the stream of before is still the one whose group has read the whole log."""

    def tell(generation: control.Generation) -> None:
        whole.producer.produce(topics.CONTROL, control.encode(generation), key=control.GENERATION)
        assert whole.producer.flush(20) == 0

    present = stored(whole.kafka, whole.positions) or control.Generation(
        generation=1,
        definition=metrics.DEFINITION,
        partitions=len(whole.positions.ends(topics.RECORDS)),
        topic_id=whole.positions.topic_id(topics.RECORDS),
    )
    tell(msgspec.structs.replace(present, definition=metrics.DEFINITION + 1))
    try:
        done = command(whole, "--wait", "0.5")
    finally:
        tell(present)
    assert done.returncode == 2, done.stderr
    said = " ".join(done.stdout.split())
    assert f"definition {metrics.DEFINITION + 1}, here {metrics.DEFINITION}" in said
    assert "start the stream again" in said
    assert whole.verify().status is Verdict.EQUAL


def test_lost_work_is_not_lag(whole: World) -> None:
    """The groups have passed the record, and its rows are nowhere."""
    whole.publish(record("CA-ON", 42, confirmed=4200))
    whole.commit(topics.STREAM_GROUP, topics.RECORDS)
    report = whole.verify()
    assert report.status is Verdict.DIFFERENT
    assert {(d.store, d.source, d.found) for d in report.differences} >= {
        (s, SOURCE, "absent") for s in STORES
    }


def test_a_moving_system_verifies(whole: World) -> None:
    ended = threading.Event()

    def move() -> None:
        for day in range(50, 62):
            whole.publish(
                record("CA-ON", day - 40, confirmed=day, hour=day), record("US", day, confirmed=day)
            )
            time.sleep(0.1)
            whole.stream()
        ended.set()

    mover = threading.Thread(target=move)
    mover.start()
    try:
        report = whole.verify(wait=60)
    finally:
        mover.join(60)
    assert ended.is_set()
    assert report.differences == []
    assert report.status is Verdict.EQUAL


def told(whole: World, since: dict[int, int]) -> dict[str, verified.Verified]:
    """What `covid.verified` says of each store since a position: other tests send to it, nonsense too."""
    sent = read_topic(whole.kafka, topics.VERIFIED, since, whole.positions.ends(topics.VERIFIED))
    found = [(message.key(), verified.decode(message.value() or b"")) for message in sent]
    assert all(key == one.store.encode() for key, one in found)
    return {one.store: one for _, one in found}


def command(whole: World, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "covid_cli.main", "verify", *arguments],
        env=os.environ | whole.environ | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_store_that_cannot_be_read_hides_no_other(whole: World) -> None:
    before = whole.positions.ends(topics.VERIFIED)
    away = {variable(RdsSettings, "url"): "postgresql://covid:covid@127.0.0.1:1/rds"}
    done = command(whole, "--wait", "20", **away)
    assert done.returncode == 1
    assert "unreadable: rds cannot be read: " in done.stdout
    readable = [name for name in STORES if name != "rds"]
    assert {name: one.verdict for name, one in told(whole, before).items()} == dict.fromkeys(
        readable, Verdict.EQUAL
    )
    done = command(whole, "--stores", "rds", **away)
    assert (done.returncode, done.stdout) == (1, "")
    assert "rds cannot be read: " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_prints_json_and_exits_by_the_status(whole: World) -> None:
    run = partial(command, whole)
    before = whole.positions.ends(topics.VERIFIED)
    done = run("--json", "--wait", "20")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "equal"
    first = told(whole, before)
    assert {name: one.verdict for name, one in first.items()} == dict.fromkeys(STORES, Verdict.EQUAL)
    assert first["s3"].rows == len(whole.core.rows)
    assert first["s3"].records == whole.positions.ends(topics.RECORDS)
    with whole.postgres("redshift") as connection:
        connection.execute("UPDATE covid_metrics SET tests = NULL WHERE source = %s", [SOURCE])
    done = run("--stores", "rds,redshift")
    assert done.returncode == 1, done.stderr
    assert "tests" in done.stdout
    assert "redshift" in done.stdout
    second = told(whole, before)
    assert second["redshift"].verdict is Verdict.DIFFERENT
    assert second["redshift"].differences > 0
    assert second["rds"].verdict is Verdict.EQUAL
    assert second["rds"].at > first["rds"].at
    # Of stores that were not asked for the older word stands.
    assert (second["s3"], second["dynamodb"]) == (first["s3"], first["dynamodb"])
    done = run("--stores", "oracle")
    assert done.returncode == 1
    assert "oracle" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_column_is_read_from_every_store(whole: World) -> None:
    """Were a column not compared at all, a wrong one could not be found."""
    with whole.postgres("rds") as connection:
        connection.execute("TRUNCATE covid_metrics")
    report = whole.verify(stores=["rds"])
    assert report.stores["rds"].rows == 0
    assert report.stores["rds"].differences == len(whole.core.rows)
    assert len(COMPARED) == 34
