"""The faults: each is injected once and healed by one call."""

from __future__ import annotations

from typing import Final

from tests.faults.cases import checkpoints, clocks, killed, log, replicas, sent, stores
from tests.faults.cases.scene import Case

CASES: Final = (
    Case(1, "kill -9 of the producer, then published again", killed.producer, minutes=9),
    Case(2, "kill -9 of Spark's driver, JVM and workers", killed.stream, minutes=9),
    Case(3, "kill -9 of a sink", killed.sink, minutes=5),
    Case(4, "kill -9 of the broker", killed.broker, minutes=6),
    Case(5, "kill -9 of the API", killed.api, minutes=6),
    Case(6, "a store is down", stores.down, minutes=12, waits=True),
    Case(7, "a store answers 10 s late", stores.late, minutes=11, waits=True),
    Case(
        8,
        "DynamoDB without capacity: whole requests and parts of a batch refused",
        stores.throttled,
        minutes=12,
    ),
    Case(9, "a row that a store refuses", stores.refused_row, minutes=11, waits=True),
    Case(10, "what is no record", sent.poison, refused=len(sent.POISON), minutes=4),
    Case(11, "replay from offset 0 into full stores", sent.replay, minutes=17),
    Case(12, "a sink frozen past its session, another takes over", replicas.zombie, minutes=22, waits=True),
    Case(13, "replicas of a sink join and leave", replicas.join_and_leave, minutes=7),
    Case(14, "checkpoint deleted", checkpoints.deleted, minutes=18, anew=True),
    Case(15, "a store wiped, then covid rebuild", stores.wiped, minutes=8),
    Case(16, "two writers on the lake's tables, and covid maintain", stores.two_writers, minutes=21),
    Case(17, "network: reset, late, slow, half-open", stores.network, minutes=10, waits=True),
    Case(
        18, "the broker's disk full, then freed", log.disk_full, wanting=log.no_mount, minutes=25, waits=True
    ),
    # Nearly all records stand in the log once more after each of these (docs/adr/0015).
    Case(19, "partitions added to covid.records", log.partitions_added, minutes=30, anew=True),
    Case(
        20,
        "reports from the future, and clocks that jump",
        clocks.jumping,
        minutes=28,
        refused=1,
        wanting=clocks.no_faketime,
    ),
    Case(21, "what another release has left", checkpoints.other_release, minutes=34, anew=True),
    Case(22, "the broker's disk lost, then covid restore", log.disk_lost, minutes=48, anew=True),
    Case(23, "a row edited by hand in every store, then covid verify --repair", stores.edited, minutes=8),
)
