"""The faults: each is injected once and healed by one call."""

from __future__ import annotations

from typing import Final

from tests.faults.cases import checkpoints, clocks, killed, log, replicas, sent, stores
from tests.faults.cases.scene import Case

CASES: Final = (
    Case(1, "kill -9 of the producer, then published again", killed.producer),
    Case(2, "kill -9 of Spark's driver, JVM and workers", killed.stream),
    Case(3, "kill -9 of a sink", killed.sink),
    Case(4, "kill -9 of the broker", killed.broker),
    Case(5, "kill -9 of the API", killed.api),
    Case(6, "a store is down", stores.down),
    Case(7, "a store answers 10 s late", stores.late),
    Case(8, "DynamoDB without capacity: whole requests and parts of a batch refused", stores.throttled),
    Case(9, "a row that a store refuses", stores.refused_row),
    Case(10, "what is no record", sent.poison, refused=len(sent.POISON)),
    Case(11, "replay from offset 0 into full stores", sent.replay),
    Case(12, "a sink frozen past its session, another takes over", replicas.zombie),
    Case(13, "replicas of a sink join and leave", replicas.join_and_leave),
    Case(14, "checkpoint deleted", checkpoints.deleted),
    Case(15, "a store wiped, then covid rebuild", stores.wiped),
    Case(16, "two writers on the lake's tables, and covid maintain", stores.two_writers),
    Case(17, "network: reset, late, slow, half-open", stores.network),
    Case(18, "the broker's disk full, then freed", log.disk_full, wanting=log.no_mount),
    Case(19, "partitions added to covid.records", log.partitions_added),
    Case(
        20,
        "reports from the future, and clocks that jump",
        clocks.jumping,
        refused=1,
        wanting=clocks.no_faketime,
    ),
    Case(21, "what another release has left", checkpoints.other_release),
    Case(22, "the broker's disk lost, then covid restore", log.disk_lost),
    Case(23, "a row edited by hand in every store, then covid verify --repair", stores.edited),
)
