"""The faults: each is injected once and healed by one call."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from psycopg import sql

from covid_core import topics
from covid_process.topic import messages, place
from tests.e2e.stores import edit_by_hand, everywhere, readers
from tests.faults.rig import SINKS, STREAM, Rig, waited

OUTAGE_SECONDS: Final = 20.0
LONG_OUTAGE_SECONDS: Final = 60.0
_OLD: Final = 50
"""Messages of a partition that are sent again."""
SESSION_SECONDS: Final = 30.0
"""After which the broker takes a silent sink for dead (`covid_sinks.runner`)."""


@dataclass(frozen=True)
class Scene:
    """Where a fault happens. `outage`: seconds that this one lasts, where it lasts."""

    rig: Rig
    files: Sequence[Path]
    chance: random.Random
    outage: float


Inject = Callable[[Scene], str]
"""Inject one fault, heal it, and say what it was."""


@dataclass(frozen=True)
class Case:
    """A kind of fault. `refused`: messages that one fault adds to what the stream refuses."""

    number: int
    name: str
    inject: Inject
    refused: int = 0


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
    """Send the oldest rows once more, as a streaming job does that was frozen and wakes up; how many."""
    producer = Producer(rig.connection())
    oldest = {partition: min(end, _OLD) for partition, end in rig.positions().ends(topics.METRICS).items()}
    for message in messages(rig.connection(), topics.METRICS, {}, oldest):
        partition, _ = place(message)
        producer.produce(topics.METRICS, message.value(), message.key(), partition, headers=message.headers())
    assert producer.flush(30) == 0
    return sum(oldest.values())


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


CASES: Final = (
    Case(1, "kill -9 of the producer, then published again", _producer),
    Case(2, "kill -9 of Spark's driver, JVM and workers", _stream),
    Case(3, "kill -9 of a sink", _sink),
    Case(4, "kill -9 of the broker", _broker),
    Case(5, "kill -9 of the API", _api),
    Case(6, "a store is down", _store_down),
    Case(7, "a store answers 10 s late", _store_late),
    Case(8, "DynamoDB without capacity: whole requests and parts of a batch refused", _throttled),
    Case(10, "what is no record", _poison, refused=len(POISON)),
    Case(11, "replay from offset 0 into full stores", _replay),
    Case(12, "a sink frozen past its session, another takes over", _zombie),
    Case(13, "replicas of a sink join and leave", _replicas),
    Case(14, "checkpoint deleted", _checkpoint),
    Case(15, "a store wiped, then covid backfill metrics", _wiped),
    Case(17, "network: reset, late, slow, half-open", _network),
    Case(23, "a row edited by hand in every store, then covid verify --repair", _edited),
)
