"""The Kafka topics: names, partitioning and settings, in one place for every service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

RECORDS: Final = "covid.records"
METRICS: Final = "covid.metrics"
RECORDS_DLQ: Final = "covid.records.dlq"
METRICS_DLQ: Final = "covid.metrics.dlq"
CONTROL: Final = "covid.control"
FILES: Final = "covid.files"
ALERTS: Final = "covid.alerts"
VERIFIED: Final = "covid.verified"

STREAM_GROUP: Final = "covid-stream"
"""Consumer group under which the stream commits what it has finished, so that its lag is visible."""


ALERTS_GROUP: Final = "covid-alerts"
"""Consumer group under which the alerts' evaluation commits how far it has read."""

WEBHOOK_GROUP: Final = "covid-alerts-webhook"
"""Consumer group of the webhook: what it has committed of `covid.alerts` was delivered."""


def sink_group(sink: str, suffix: str = "") -> str:
    """Consumer group of one sink, e.g. `covid-sink-dynamodb`. `suffix`: as its settings say."""
    return f"covid-sink-{sink}{suffix}"


class Header:
    """Names of Kafka message headers (values are UTF-8)."""

    FILE: Final = "file"
    """Name and SHA-256 of the files that a record is from."""
    ACTOR: Final = "actor"
    """Who wrote a record: `producer`, or `api:` and the id of the key."""
    REQUEST_ID: Final = "request_id"
    """Of the request that wrote a record: its row is sent in any case, so that the writer is answered."""
    TRACEPARENT: Final = "traceparent"
    """W3C trace context of the request that wrote a record; on `covid.metrics` one for each request whose
    records changed the region."""
    ORIGIN: Final = "origin"
    """`topic:partition:offset` of a record that the stream moved to its own partition."""
    PARTITIONS: Final = "partitions"
    """How many partitions `covid.records` had when the stream moved the record (a number, as text)."""
    RESTORED: Final = "restored"
    """`topic id:partition:offset` in the lost log that a record was in."""
    PUBLISHED: Final = "published"
    """On `covid.metrics`: when the log took the oldest record behind the rows, in milliseconds since 1970,
    UTC; absent where no record has just come, as after a backfill or a repair."""
    REPAIR: Final = "repair"
    """On `covid.metrics`: also replace stored rows of the same revision."""


def files_header(files: Iterable[tuple[str, str]]) -> bytes:
    """Value of the header `file`: name and SHA-256 of each file, `NAME SHA256; NAME SHA256`."""
    return "; ".join(f"{name} {sha256}" for name, sha256 in files).encode()


class Topic(NamedTuple):
    """One topic: partitions is None where the deployment's partition count applies."""

    name: str
    partitions: int | None
    config: Mapping[str, str]
    holds: str
    """What is in it, in words."""


_KEEP: Final = MappingProxyType({"retention.ms": "-1", "retention.bytes": "-1"})
_COMPACT: Final = MappingProxyType({"cleanup.policy": "compact"})

TOPICS: Final = (
    Topic(
        RECORDS,
        None,
        MappingProxyType({**_KEEP, "message.timestamp.type": "LogAppendTime"}),
        "everything ever reported: the source of truth. Key: region",
    ),
    Topic(METRICS, None, _KEEP, "rows that changed, packed. Key: region"),
    Topic(RECORDS_DLQ, 1, _KEEP, "what is no record, and why. Key: origin"),
    Topic(METRICS_DLQ, 1, _KEEP, "rows that a store refused, and why. Key: origin"),
    Topic(CONTROL, 1, _COMPACT, "which generation of the rows is current. Key: kind of the message"),
    Topic(FILES, 1, _COMPACT, "publishers' files that are done. Key: SHA-256, and what the name adds"),
    Topic(ALERTS, 1, _COMPACT, "alerts as they stand. Key: id"),
    Topic(VERIFIED, 1, _COMPACT, "what the newest `covid verify` found in each store. Key: store"),
)

SINKS: Final = ("dynamodb", "s3", "rds", "redshift")
"""The stores, by the names of their sinks."""


def readers(suffix: str = "") -> tuple[tuple[str, str], ...]:
    """Every consumer group with each topic that it keeps up with. `suffix`: of the sinks' groups."""
    return (
        (STREAM_GROUP, RECORDS),
        *((sink_group(name, suffix), METRICS) for name in SINKS),
        (sink_group("s3", suffix), RECORDS),
        (ALERTS_GROUP, METRICS),
    )
