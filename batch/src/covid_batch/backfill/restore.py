"""A lost log, refilled from the archive under a new generation."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from covid_batch.backfill.archive import COLUMNS, Archive
from covid_batch.backfill.log import Log
from covid_core import control, metrics, topics
from covid_core.control import Generation, Restored
from covid_core.records import Refused, decode, encode
from covid_core.rt import DEFAULT_INTERVAL
from covid_core.topics import Header

_READ: Final = ("topic_id", "partition", "offset", "micros", "key", "value", "headers")
_ADDED: Final = {
    "kept": ("binary", pa.binary()),
    "region": ("string", pa.string()),
    "code": ("string", pa.string()),
}
_FUTURE: Final = "future"
"""Code of a refusal that depends on when the record came: taken today, it would count."""
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """What was published, or would have been. `generation`: the new one, None where none was needed."""

    records: int
    refused_again: int
    """Messages that are no valid record; the stream puts them on `covid.records.dlq` again."""
    left_out: int
    """Records that were refused as lying in the future: they stay in the archive only."""
    generation: int | None
    seconds: float


def run(spark: SparkSession, archive: Archive, log: Log, *, dry_run: bool, tell: Tell) -> Result:
    """Publish what the archive has and the log has not, each record once, then raise the generation.

    It can be run again at any time: what is in the log by then is not published twice. Records without a
    `reported_at` get the moment at which the lost log received them. Raises `NoArchive`, `LogUnavailable`,
    and what Spark raises.
    """
    begun = time.monotonic()
    present, topic_id = log.generation(), log.topic_id(topics.RECORDS)
    snapshot = archive.snapshot()
    tell(f"comparing {snapshot.messages:,} archived messages with the log")
    archived = _normal(archive.messages(spark, snapshot, _READ))
    there = _normal(_as_archived(log.read(spark, topics.RECORDS), topic_id)).select("kept")
    # Of equal records, the first that was taken: one may have been refused as of the future, and sent again
    # when its day had come.
    refused_last = f.struct(f.col("code").isNotNull(), f.col("micros"))
    first = f.min_by(f.struct(*archived.columns), refused_last).alias("first")
    once = archived.groupBy("kept").agg(first).select("first.*")
    missing = once.join(there, "kept", "left_anti").persist(StorageLevel.DISK_ONLY)
    counts = {row["code"]: row["count"] for row in missing.groupBy("code").count().collect()}
    left_out = counts.pop(_FUTURE, 0)
    records = counts.pop(None, 0)
    refused = sum(counts.values())
    generation = None
    needed = bool(records or refused) or _is_unfinished(log, archived, topic_id)
    if needed:
        generation = max(present.generation if present else 0, archive.generation()) + 1
    if generation is not None and not dry_run:
        tell(f"publishing {records + refused:,} messages")
        log.publish(_as_messages(missing.where(f.col("code").isNull() | (f.col("code") != _FUTURE))))
        _raise(spark, log, topic_id, generation)
    return Result(records, refused, left_out, generation, time.monotonic() - begun)


def _is_unfinished(log: Log, archived: DataFrame, topic_id: str) -> bool:
    """Whether the archive knows of another log, and this one was never made to replace it."""
    done = log.restored()
    if done is not None and done.topic_id == topic_id:
        return False
    return not archived.where(f.col("topic_id") != topic_id).isEmpty()


def _raise(spark: SparkSession, log: Log, topic_id: str, generation: int) -> None:
    """Only now: the stream starts over, and the sinks drop older rows when it has come to today's end."""
    partitions = len(log.ends(topics.RECORDS))
    before = log.generation()
    current = Generation(
        generation=generation,
        definition=metrics.DEFINITION,
        partitions=partitions,
        topic_id=topic_id,
        serial_interval=DEFAULT_INTERVAL if before is None else before.serial_interval,
    )
    done = Restored(topic_id=topic_id, generation=generation)
    entries = [(control.GENERATION, control.encode(current)), (control.RESTORED, control.encode(done))]
    log.tell(spark, topics.CONTROL, entries)


def _normal(messages: DataFrame) -> DataFrame:
    """Messages (`_READ`) with what would be published of each, its region, or why it was refused."""
    kinds = {name: COLUMNS[name] for name in _READ} | _ADDED
    ddl = ", ".join(f"`{name}` {kind}" for name, (kind, _) in kinds.items())
    schema = pa.schema([(name, kind) for name, (_, kind) in kinds.items()])

    def normal(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            values, micros = batch.column("value").to_pylist(), batch.column("micros").to_pylist()
            kept = [_kept(value, received) for value, received in zip(values, micros, strict=True)]
            added = [
                pa.array([one[number] for one in kept], kind)
                for number, (_, kind) in enumerate(_ADDED.values())
            ]
            yield pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)

    return messages.mapInArrow(normal, ddl)


def _kept(value: bytes | None, micros: int) -> tuple[bytes, str | None, str | None]:
    received = _EPOCH + micros * _MICROSECOND
    try:
        record = decode(value, received)
    except Refused as refusal:
        return value or b"", None, refusal.code
    # As it came, but where its time was that of its arrival.
    return (encode(record) if record.reported_at == received else value or b""), record.region, None


def _as_archived(messages: DataFrame, topic_id: str) -> DataFrame:
    """Spark's Kafka rows in the columns of the archive."""
    return messages.select(
        f.lit(topic_id).alias("topic_id"),
        "partition",
        "offset",
        f.unix_micros("timestamp").alias("micros"),
        "key",
        "value",
        "headers",
    )


def _as_messages(missing: DataFrame) -> DataFrame:
    place = f.concat_ws(":", "topic_id", "partition", "offset").cast("binary")
    origin = f.struct(f.lit(Header.RESTORED).alias("key"), place.alias("value"))
    others = f.filter(f.coalesce("headers", f.array()), _belongs)
    ordered = missing.repartition("region").sortWithinPartitions("micros", "partition", "offset")
    return ordered.select(
        f.lit(topics.RECORDS).alias("topic"),
        f.coalesce(f.col("region").cast("binary"), "key").alias("key"),
        f.when(f.col("value").isNotNull(), f.col("kept")).alias("value"),
        f.concat(others, f.array(origin)).alias("headers"),
    )


def _belongs(header: Any) -> Any:
    """All but what tells of another place: the record stands in its region's partition now."""
    return ~header["key"].isin(Header.ORIGIN, Header.PARTITIONS, Header.RESTORED)
