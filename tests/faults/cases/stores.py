"""Stores that are away, late, refuse, are wiped, edited, or written by two; and the network to them."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Final

import psycopg
from confluent_kafka import Producer
from psycopg import sql

from covid_core import topics
from covid_core.messages import encode
from covid_core.rows import Row
from covid_process.topic import messages, place
from tests.e2e.stores import edit_by_hand, everywhere, readers
from tests.faults.cases.scene import Scene
from tests.faults.rig import end, waited
from tests.proxies import Proxy


def down(scene: Scene) -> str:
    return _impaired(scene, Proxy.cut)


def late(scene: Scene) -> str:
    return _impaired(scene, lambda link: link.delay(5))  # each way


def _impaired(scene: Scene, how: Callable[[Proxy], None]) -> str:
    """Impair the way to one store for as long as the fault lasts."""
    name = scene.chance.choice(sorted(scene.rig.links))
    link = scene.rig.links[name]
    how(link)
    try:
        time.sleep(scene.outage)
    finally:
        link.heal()
    return f"{name} for {scene.outage:.0f} s"


def network(scene: Scene) -> str:
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


def throttled(scene: Scene) -> str:
    dynamodb = scene.rig.dynamodb
    assert dynamodb is not None
    before = dynamodb.refused
    dynamodb.share = scene.chance.uniform(0.3, 1.0)
    try:
        time.sleep(scene.outage)
    finally:
        share, dynamodb.share = dynamodb.share, 0.0
    return f"{share:.0%} of the writes for {scene.outage:.0f} s, {dynamodb.refused - before} of them"


_REFUSING: Final = ("rds", "redshift", "s3")
"""The stores that have no number of 64 bits and a sign."""


def refused_row(scene: Scene) -> str:
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


def wiped(scene: Scene) -> str:
    name = scene.chance.choice(("rds", "redshift"))
    region = scene.chance.choice((None, "CA-ON", "CA-QC"))
    store = scene.rig.stores()[name]
    statement = "DELETE FROM {}" + (" WHERE region = %(region)s" if region else "")
    with psycopg.connect(store["url"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(store["table"])), {"region": region})
    only = [] if region is None else ["--region", region]
    refilled = scene.rig.covid("rebuild", name, *only, "--wait", "240", seconds=420)
    assert refilled.returncode == 0, refilled.stdout + refilled.stderr
    return f"{name}, {region or 'all regions'}"


_CONFLICT: Final = "another commit came first"


def two_writers(scene: Scene) -> str:
    # Of a group of its own it reads all that the first one reads.
    other = scene.rig.replica("s3", COVID_SINK_GROUP_SUFFIX="-second")
    logs = [scene.rig.log("sink-s3"), scene.rig.home / "logs" / "sink-s3-replica.log"]
    before = sum(log.read_text(errors="replace").count(_CONFLICT) for log in logs)
    try:
        time.sleep(scene.outage)
        maintained = scene.rig.covid("maintain", "--expire-hours", "0", seconds=300)
        assert maintained.returncode == 0, maintained.stdout + maintained.stderr
    finally:
        end(other)
    conflicts = sum(log.read_text(errors="replace").count(_CONFLICT) for log in logs) - before
    return f"for {scene.outage:.0f} s, and covid maintain; {conflicts} conflicts"


def edited(scene: Scene) -> str:
    stores = scene.rig.stores()
    # Of days that nobody corrects meanwhile, so that no newer revision hides the edit.
    day = dt.date(2020, 5, 1) + dt.timedelta(days=scene.chance.randrange(60))
    key = ("phac", scene.chance.choice(("CA-ON", "CA-QC", "CA-BC")), day.isoformat())
    everywhere(readers(stores), key, lambda row: row is not None, 120)
    edit_by_hand(stores, *key)
    found = scene.rig.covid("verify", "--repair", "--json", "--wait", "240", seconds=420)
    assert json.loads(found.stdout)["repaired"] >= 1, found.stdout + found.stderr
    return ":".join(key)
