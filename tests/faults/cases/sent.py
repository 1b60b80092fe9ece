"""What is sent to the topics that should not be there, or once more."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
from typing import Final

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from covid_core import topics
from covid_core.messages import decode
from covid_process.topic import messages, place
from covid_sinks.runner import SESSION_SECONDS
from tests.faults.cases.scene import Scene
from tests.faults.rig import Rig, waited

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


def poison(scene: Scene) -> str:
    producer = Producer(scene.rig.connection())
    region = scene.chance.choice(("CA-ON", "CA-QC", None))
    for value in POISON:
        producer.produce(topics.RECORDS, value, key=region)
    counts = {"confirmed": scene.chance.randrange(1000), "field_of_a_newer_version": {"a": [1]}}
    newer = {"source": "clinic", "region": "CA-ON", "date": "2021-03-04", **counts}
    producer.produce(topics.RECORDS, json.dumps(newer).encode(), key="CA-ON")
    assert producer.flush(30) == 0
    return f"{len(POISON)} messages"


_OLD: Final = 200
"""Most messages that are sent again."""


def replay(scene: Scene) -> str:
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
