"""The faults: each is injected once and healed by one call."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import psutil
import psycopg
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions
from psycopg import sql

from covid_cli.provision import create_topics
from covid_core import control, topics
from covid_core.messages import decode, encode
from covid_core.region_state import STATE_FORMAT
from covid_core.rows import Row
from covid_process.topic import messages, place
from tests.e2e.stores import edit_by_hand, everywhere, readers
from tests.faults.disk import small_disk
from tests.faults.load import Load
from tests.faults.rig import HEALTHY_SECONDS, SINKS, STREAM, Rig, waited
from tests.integration.test_stream import generation_of

OUTAGE_SECONDS: Final = 20.0
LONG_OUTAGE_SECONDS: Final = 60.0
_OLD: Final = 200
"""Most messages that are sent again."""
SESSION_SECONDS: Final = 30.0
"""After which the broker takes a silent sink for dead (`covid_sinks.runner`)."""


@dataclass(frozen=True)
class Scene:
    """Where a fault happens. `outage`: seconds that this one lasts, where it lasts."""

    rig: Rig
    files: Sequence[Path]
    chance: random.Random
    outage: float
    load: Load


Inject = Callable[[Scene], str]
"""Inject one fault, heal it, and say what it was."""


@dataclass(frozen=True)
class Case:
    """A kind of fault. `refused`: messages that one fault adds to what the stream refuses. `wanting`: what
    this machine lacks for it; empty where nothing."""

    number: int
    name: str
    inject: Inject
    refused: int = 0
    wanting: Callable[[], str] = str


def _producer(scene: Scene) -> str:
    process = scene.rig.publishing("--force", str(scene.chance.choice(scene.files)))
    seconds = scene.chance.uniform(0.3, 4)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()
    # Started again like a person would: without --force it publishes what is not listed as finished.
    for path in scene.files:
        scene.rig.publishing(str(path)).wait(120)
    return f"after {seconds:.1f} s"


def _stream(scene: Scene) -> str:
    stream = scene.rig.process(STREAM)
    workers = [child for child in stream.children(recursive=True) if _is_worker(child)]
    if workers and scene.chance.random() < 0.5:
        scene.chance.choice(workers).kill()
        return "a Python worker"
    jvms = [child for child in stream.children() if "java" in child.name()]
    if jvms and scene.chance.random() < 0.5:
        jvms[0].kill()
        return "the JVM"
    scene.rig.kill(STREAM)
    return "the driver"


def _is_worker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return any("covid_stream.daemon" in word or "pyspark" in word for word in process.cmdline()[1:4])
    return False


def _sink(scene: Scene) -> str:
    name = scene.chance.choice(SINKS)
    scene.rig.kill(name)
    return name


def _broker(scene: Scene) -> str:
    scene.rig.kill("kafka")
    return "killed"


def _api(scene: Scene) -> str:
    scene.rig.kill("api")
    return "killed"


def _store_down(scene: Scene) -> str:
    name = scene.chance.choice(sorted(scene.rig.links))
    link = scene.rig.links[name]
    link.cut()
    try:
        time.sleep(scene.outage)
    finally:
        link.heal()
    return f"{name} for {scene.outage:.0f} s"


def _store_late(scene: Scene) -> str:
    name = scene.chance.choice(sorted(scene.rig.links))
    link = scene.rig.links[name]
    link.delay(5)  # each way
    try:
        time.sleep(scene.outage)
    finally:
        link.heal()
    return f"{name} for {scene.outage:.0f} s"


def _throttled(scene: Scene) -> str:
    dynamodb = scene.rig.dynamodb
    assert dynamodb is not None
    before = dynamodb.refused
    dynamodb.share = scene.chance.uniform(0.3, 1.0)
    try:
        time.sleep(scene.outage)
    finally:
        share, dynamodb.share = dynamodb.share, 0.0
    return f"{share:.0%} of the writes for {scene.outage:.0f} s, {dynamodb.refused - before} of them"


POISON: Final = (
    b"{",
    b"\xff\xfe\x00",
    b"[1, 2, 3]",
    b'"text"',
    b"null",
    b'{"source": "phac", "region": "CA-ON"}',
    b'{"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": "many"}',
    b'{"source": "phac", "region": "CA-ON", "date": "2021-02-30", "confirmed": 1}',
    b'{"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": -1}',
    b'{"source": "phac", "region": "CA-XX", "date": "2021-01-02", "confirmed": 1}',
    b'{"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": 1e400}',
    b'{"source": "phac", "region": "CA-ON", "date": "2999-01-02", "confirmed": 1}',
    b"[" * 100_000,
    b'{"source": "phac", "region": "CA-ON", "date": "2021-01-02", "confirmed": 1, "x": "'
    + b"y" * 700_000
    + b'"',
)
"""Messages that are no record."""


def _poison(scene: Scene) -> str:
    producer = Producer(scene.rig.connection())
    region = scene.chance.choice(("CA-ON", "CA-QC", None))
    for value in POISON:
        producer.produce(topics.RECORDS, value, key=region)
    counts = {"confirmed": scene.chance.randrange(1000), "field_of_a_newer_version": {"a": [1]}}
    newer = {"source": "clinic", "region": "CA-ON", "date": "2021-03-04", **counts}
    producer.produce(topics.RECORDS, json.dumps(newer).encode(), key="CA-ON")
    assert producer.flush(30) == 0
    return f"{len(POISON)} messages"


def _replay(scene: Scene) -> str:
    name = scene.chance.choice(topics.SINKS)
    with scene.rig.down(f"sink-{name}", signal.SIGTERM):
        _rewind(scene.rig, topics.sink_group(name))
        again = _resend(scene.rig)
    return f"{name}; {again} old messages also at the end of {topics.METRICS}, for every sink"


def _resend(rig: Rig) -> int:
    """Send rows that were replaced since once more, as a streaming job does that was frozen and wakes up; how
    many messages."""
    old: list[Message] = []

    def found() -> bool:
        old[:] = _replaced(rig)
        return bool(old)

    assert waited(found, 60), "no row has been replaced by a newer one"
    producer = Producer(rig.connection())
    for message in old[:_OLD]:
        partition, _ = place(message)
        producer.produce(topics.METRICS, message.value(), message.key(), partition, headers=message.headers())
    assert producer.flush(30) == 0
    return len(old[:_OLD])


def _replaced(rig: Rig) -> list[Message]:
    """The messages with a row of which a newer revision follows."""
    ends = rig.positions().ends(topics.METRICS)
    read = [(one, decode(one.value())) for one in messages(rig.connection(), topics.METRICS, {}, ends)]
    newest: dict[tuple[str, str, dt.date], tuple[int, int]] = {}
    for _, rows in read:
        for row in rows:
            key = row.source, row.region, row.date
            newest[key] = max(newest.get(key, (0, 0)), (row.generation, row.revision))
    return [
        one
        for one, rows in read
        if any((r.generation, r.revision) < newest[r.source, r.region, r.date] for r in rows)
    ]


def _rewind(rig: Rig, group: str) -> None:
    ends = rig.positions().ends(topics.METRICS)
    consumer = Consumer({**rig.connection(), "group.id": group, "enable.auto.commit": False})
    try:
        oldest = [TopicPartition(topics.METRICS, partition, 0) for partition in ends]

        def rewound() -> bool:
            # Refused for as long as the group has a member: the broker may not have seen it go yet.
            with contextlib.suppress(Exception):
                consumer.commit(offsets=oldest, asynchronous=False)
                return True
            return False

        assert waited(rewound, SESSION_SECONDS + 15), f"{group} could not be rewound"
    finally:
        consumer.close()


def _zombie(scene: Scene) -> str:
    name = scene.chance.choice(topics.SINKS)
    frozen = scene.rig.process(f"sink-{name}")
    other = scene.rig.replica(name)
    try:
        time.sleep(8)  # it has joined
        frozen.send_signal(signal.SIGSTOP)
        try:
            time.sleep(SESSION_SECONDS + 10)
        finally:
            frozen.send_signal(signal.SIGCONT)
        time.sleep(5)
    finally:
        _end(other)
    return name


def _replicas(scene: Scene) -> str:
    name = scene.chance.choice(topics.SINKS)
    other = scene.rig.replica(name)
    try:
        time.sleep(scene.chance.uniform(4, 12))
        kills = scene.chance.random() < 0.5
        if kills:
            other.kill()
    finally:
        _end(other)
    return f"{name}, {'killed' if kills else 'left'}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _checkpoint(scene: Scene) -> str:
    with scene.rig.down(STREAM):
        shutil.rmtree(scene.rig.home / "checkpoint")
    return "deleted"


def _network(scene: Scene) -> str:
    name = scene.chance.choice(sorted(scene.rig.links))
    link = scene.rig.links[name]
    kind = scene.chance.choice(("reset", "2 s late", "10 kB/s", "half-open"))
    try:
        if kind == "reset":
            link.reset()
            return f"{name}: reset"
        if kind == "2 s late":
            link.delay(1)  # each way
        elif kind == "10 kB/s":
            link.throttle(10_000)
        else:
            link.hold()
        time.sleep(scene.outage)
    finally:
        link.heal()
    return f"{name}: {kind} for {scene.outage:.0f} s"


def _wiped(scene: Scene) -> str:
    name = scene.chance.choice(("rds", "redshift"))
    store = scene.rig.stores()[name]
    with psycopg.connect(store["url"], autocommit=True) as connection:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(store["table"])))
    refilled = scene.rig.covid("backfill", "metrics", seconds=420)
    assert refilled.returncode == 0, refilled.stdout + refilled.stderr
    return name


def _edited(scene: Scene) -> str:
    stores = scene.rig.stores()
    # Of days that nobody corrects meanwhile, so that no newer revision hides the edit.
    day = dt.date(2020, 5, 1) + dt.timedelta(days=scene.chance.randrange(60))
    key = ("phac", scene.chance.choice(("CA-ON", "CA-QC", "CA-BC")), day.isoformat())
    everywhere(readers(stores), key, lambda row: row is not None, 120)
    edit_by_hand(stores, *key)
    found = scene.rig.covid("verify", "--repair", "--json", "--wait", "240", seconds=420)
    assert json.loads(found.stdout)["repaired"] >= 1, found.stdout + found.stderr
    return ":".join(key)


_REFUSING: Final = ("rds", "redshift", "s3")
"""The stores that have no number of 64 bits and a sign."""


def _refused_row(scene: Scene) -> str:
    day = dt.date(2020, 5, 1) + dt.timedelta(days=scene.chance.randrange(60))
    # Older than what stands there: a store that takes any number must let it be.
    row = Row(source="phac", region="CA-ON", date=day, confirmed=2**63, revision=0, generation=0)
    fine = Row(source="phac", region="CA-ON", date=day + dt.timedelta(days=1), revision=0, generation=0)
    everywhere(
        readers(scene.rig.stores()), ("phac", "CA-ON", day.isoformat()), lambda found: found is not None, 120
    )
    sent: list[str] = []
    producer = Producer(scene.rig.connection())
    for value in encode([row, fine]):
        producer.produce(
            topics.METRICS, value, b"CA-ON",
            on_delivery=lambda _, one: sent.append(":".join(map(str, (topics.METRICS, *place(one))))),
        )  # fmt: skip
    assert producer.flush(30) == 0

    def letters() -> int:
        ends = scene.rig.positions().ends(topics.METRICS_DLQ)
        found = messages(scene.rig.connection(), topics.METRICS_DLQ, {}, ends)
        return sum(letter.key() == sent[0].encode() for letter in found)

    assert waited(lambda: letters() >= len(_REFUSING), 120), f"{letters()} dead letters of {sent[0]}"
    return sent[0]


def _two_writers(scene: Scene) -> str:
    # Of a group of its own it reads all that the first one reads.
    other = scene.rig.replica("s3", COVID_SINK_GROUP_SUFFIX="-second")
    logs = [scene.rig.log("sink-s3"), scene.rig.home / "logs" / "sink-s3-replica.log"]
    before = sum(log.read_text(errors="replace").count(_CONFLICT) for log in logs)
    try:
        time.sleep(scene.outage)
        maintained = scene.rig.covid("maintain", "--expire-hours", "0", seconds=300)
        assert maintained.returncode == 0, maintained.stdout + maintained.stderr
    finally:
        _end(other)
    conflicts = sum(log.read_text(errors="replace").count(_CONFLICT) for log in logs) - before
    return f"for {scene.outage:.0f} s, and covid maintain; {conflicts} conflicts"


_CONFLICT: Final = "another commit came first"
_FREE_BYTES: Final = 32 * 2**20


def _disk_full(scene: Scene) -> str:
    data = scene.rig.home / "kafka" / "data"
    with contextlib.ExitStack() as small:
        with scene.rig.down("kafka", signal.SIGTERM):
            small.enter_context(small_disk(data, _FREE_BYTES))
        scene.rig.until_healthy("kafka")
        full = data / "full"
        with full.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(2**12))
        try:
            time.sleep(scene.outage)
        finally:
            full.unlink()
        scene.rig.until_healthy("kafka")
        # Back onto the large one.
        with scene.rig.down("kafka", signal.SIGTERM):
            small.close()
    return f"for {scene.outage:.0f} s"


def _no_mount() -> str:
    return "" if os.geteuid() == 0 else "only root can give the broker a small disk"


def _partitions(scene: Scene) -> str:
    rig, log = scene.rig, scene.rig.log(STREAM)
    partitions, said = len(rig.positions().ends(topics.RECORDS)) + 1, log.stat().st_size
    client = AdminClient(rig.connection())
    client.create_partitions([NewPartitions(topics.RECORDS, partitions)])[topics.RECORDS].result(30)
    sentence = f"{topics.RECORDS} has {partitions} partitions and had {partitions - 1}"
    assert waited(lambda: sentence.encode() in log.read_bytes()[said:], HEALTHY_SECONDS), (
        "the stream says nothing"
    )
    # It is started again, as the sentence wants.
    return f"{partitions} of them"


_FAKETIME: Final = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def _clocks(scene: Scene) -> str:
    rig, clock = scene.rig, scene.rig.home / "clock"
    now = dt.datetime.now(dt.UTC)
    producer = Producer({**rig.connection(), "partitioner": "murmur2_random"})
    for ahead in (dt.timedelta(hours=12), dt.timedelta(days=3)):  # the second one is refused
        counts = {"confirmed": scene.chance.randrange(1000), "reported_at": (now + ahead).isoformat()}
        record = {"source": "clock", "region": "CA-QC", "date": "2021-03-04", **counts}
        producer.produce(topics.RECORDS, json.dumps(record).encode(), b"CA-QC")
    assert producer.flush(30) == 0
    clock.write_text("+0")
    skewed = {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    name = scene.chance.choice(topics.SINKS)
    other = rig.replica(name, **skewed)
    jumps = scene.chance.sample(("+40d", "-40d", "+1h", "-1h", "+3y"), 3)
    try:
        time.sleep(8)  # it has joined
        for jump in jumps:
            clock.write_text(jump)
            process = rig.publishing("--force", str(scene.chance.choice(scene.files)), **skewed)
            time.sleep(scene.outage / len(jumps))
            _end(process)
    finally:
        _end(other)
    return f"{name} and the producer by {', '.join(jumps)}"


def _no_faketime() -> str:
    return "" if _FAKETIME else "it needs libfaketime (Debian's package faketime)"


def _other_release(scene: Scene) -> str:
    rig, log = scene.rig, scene.rig.log(STREAM)
    kind = scene.chance.choice(("another definition", "another state", "newer offsets", "newer commits"))
    # One fault may come soon after another: only a stream that has begun leaves anything.
    rig.until_healthy(STREAM)
    present = generation_of(rig.connection()["bootstrap.servers"])
    named = f"generation-{present.generation}-*-state-{STATE_FORMAT}"
    folders = (rig.home / "checkpoint").glob
    assert waited(lambda: any(folders(f"{named}/commits/[0-9]*")), HEALTHY_SECONDS), f"no {named}"
    (folder,) = folders(named)
    with rig.down(STREAM, signal.SIGTERM):
        said = log.stat().st_size
        if kind == "another definition":
            later = {"generation": present.generation + 1, "definition": present.definition + 1}
            producer = Producer(rig.connection())
            value = control.encode(msgspec.structs.replace(present, **later))
            producer.produce(topics.CONTROL, value, control.GENERATION)
            assert producer.flush(30) == 0
        elif kind == "another state":
            theirs = folder.with_name(f"{folder.name}9")
            shutil.rmtree(theirs, ignore_errors=True)
            folder.rename(theirs)
        else:
            for file in (folder / kind.split()[1]).glob("[0-9]*"):
                file.write_text(file.read_text().replace("v1", "v9", 1))
    if kind.startswith("newer"):
        sentence = f"this release cannot read the checkpoint {folder}"
        assert waited(lambda: sentence.encode() in log.read_bytes()[said:], HEALTHY_SECONDS), (
            "the stream says nothing"
        )
        # As the sentence wants.
        with rig.down(STREAM):
            shutil.rmtree(folder)
    return kind


def _disk_lost(scene: Scene) -> str:
    rig = scene.rig
    # What the archive does not have yet, 2 s of records, would be lost with the disk.
    scene.load.pause()
    _wait_for_archive(rig)
    with contextlib.ExitStack() as down:
        for name in (STREAM, *SINKS, "alerts", "api", "kafka"):
            down.enter_context(rig.down(name))
        shutil.rmtree(rig.home / "kafka" / "data")
    rig.until_healthy("kafka")
    create_topics(rig.environment)
    rig.until_healthy()
    done = rig.covid("restore", seconds=420)
    assert done.returncode == 0, done.stdout + done.stderr
    scene.load.go_on()
    return done.stdout.strip().splitlines()[-1]


def _wait_for_archive(rig: Rig) -> None:
    positions, group = rig.positions(), topics.sink_group("s3")

    def archived() -> bool:
        return not positions.lags([group], topics.RECORDS, positions.ends(topics.RECORDS))

    assert waited(archived, HEALTHY_SECONDS), "the archive is behind"


CASES: Final = (
    Case(1, "kill -9 of the producer, then published again", _producer),
    Case(2, "kill -9 of Spark's driver, JVM and workers", _stream),
    Case(3, "kill -9 of a sink", _sink),
    Case(4, "kill -9 of the broker", _broker),
    Case(5, "kill -9 of the API", _api),
    Case(6, "a store is down", _store_down),
    Case(7, "a store answers 10 s late", _store_late),
    Case(8, "DynamoDB without capacity: whole requests and parts of a batch refused", _throttled),
    Case(9, "a row that a store refuses", _refused_row),
    Case(10, "what is no record", _poison, refused=len(POISON)),
    Case(11, "replay from offset 0 into full stores", _replay),
    Case(12, "a sink frozen past its session, another takes over", _zombie),
    Case(13, "replicas of a sink join and leave", _replicas),
    Case(14, "checkpoint deleted", _checkpoint),
    Case(15, "a store wiped, then covid backfill metrics", _wiped),
    Case(16, "two writers on the lake's tables, and covid maintain", _two_writers),
    Case(17, "network: reset, late, slow, half-open", _network),
    Case(18, "the broker's disk full, then freed", _disk_full, wanting=_no_mount),
    Case(19, "partitions added to covid.records", _partitions),
    Case(20, "reports from the future, and clocks that jump", _clocks, refused=1, wanting=_no_faketime),
    Case(21, "what another release has left", _other_release),
    Case(22, "the broker's disk lost, then covid restore", _disk_lost),
    Case(23, "a row edited by hand in every store, then covid verify --repair", _edited),
)
