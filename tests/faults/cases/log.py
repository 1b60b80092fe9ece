"""The broker's disk, full and lost, and its partitions."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from typing import Final

from confluent_kafka.admin import AdminClient, NewPartitions

from covid_cli.provision import create_topics
from covid_core import topics
from tests.faults.cases.scene import Scene
from tests.faults.disk import small_disk
from tests.faults.rig import HEALTHY_SECONDS, SINKS, STREAM, Rig, waited
from tests.integration.test_stream import generation_of

_FREE_BYTES: Final = 32 * 2**20


def disk_full(scene: Scene) -> str:
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


def no_mount() -> str:
    return "" if os.geteuid() == 0 else "only root can give the broker a small disk"


def partitions_added(scene: Scene) -> str:
    rig, log = scene.rig, scene.rig.log(STREAM)
    partitions, said = len(rig.positions().ends(topics.RECORDS)) + 1, log.stat().st_size
    client = AdminClient(rig.connection())
    client.create_partitions([NewPartitions(topics.RECORDS, partitions)])[topics.RECORDS].result(30)
    sentence = f"{topics.RECORDS} has {partitions} partitions and had {partitions - 1}"
    bootstrap = rig.connection()["bootstrap.servers"]

    def begun_anew() -> bool:
        return generation_of(bootstrap).partitions == partitions

    # One that is being started at this moment takes the partitions for granted that are there by then.
    assert waited(lambda: sentence.encode() in log.read_bytes()[said:] or begun_anew(), HEALTHY_SECONDS), (
        "the stream says nothing"
    )
    # It is started again, as the sentence wants.
    assert waited(begun_anew, HEALTHY_SECONDS)
    rig.until_healthy(STREAM)
    return f"{partitions} of them"


def disk_lost(scene: Scene) -> str:
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
