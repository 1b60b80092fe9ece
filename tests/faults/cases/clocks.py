"""Reports from the future, and clocks that jump."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Final

from confluent_kafka import Producer

from covid_core import topics
from tests.faults.cases.scene import Scene
from tests.faults.rig import end

_FAKETIME: Final = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def jumping(scene: Scene) -> str:
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
            end(process)
    finally:
        end(other)
    return f"{name} and the producer by {', '.join(jumps)}"


def no_faketime() -> str:
    return "" if _FAKETIME else "it needs libfaketime (Debian's package faketime)"
