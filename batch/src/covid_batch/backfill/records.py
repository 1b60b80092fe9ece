"""Publishers' files onto `covid.records`: parsed by Spark, so of any number and of all countries."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from covid_batch.backfill.log import Log
from covid_batch.backfill.scope import Scope
from covid_batch.files import File, find
from covid_batch.reading import Read, read
from covid_core import dlq, ledger, topics
from covid_core.ledger import Finished
from covid_core.topics import Header, files_header

ACTOR: Final = "backfill"
STEP_BYTES: Final = 64 * 1024 * 1024
"""Content of the files that are published at a time; after each step a killed backfill goes on by itself."""
STEP_GROUPS: Final = 100

Tell = Callable[[str], None]
Group = tuple[File, ...]


class HoldsInvented(Exception):
    """See `covid_core.ledger.HOLDS_INVENTED`."""


@dataclass
class Result:
    """What was published, or would have been."""

    files: int = 0
    records: int = 0
    skipped: int = 0
    """Files that were published already."""
    refused: int = 0
    """Lines, cells and files."""
    seconds: float = 0


def run(
    spark: SparkSession,
    paths: Sequence[str],
    log: Log,
    scope: Scope,
    countries: frozenset[str] | None,
    *,
    force: bool,
    dry_run: bool,
    tell: Tell,
    refuse: Tell,
) -> Result:
    """Publish the records of files, their refusals, and the files in the list of finished ones.

    A file whose records are all in the log is skipped, unless forced; so is a part of one (see `Scope`) that
    was published before. `refuse` hears of the first refusals. Raises `NothingToRead`, `HoldsInvented`,
    `LogUnavailable`, and what Spark raises.
    """
    begun = time.monotonic()
    result = Result()
    tell("finding the files")
    found = find(spark, paths)
    finished = log.finished()
    if not force and any(entry.invented for entry in finished.values()):
        raise HoldsInvented(ledger.HOLDS_INVENTED)
    for trouble, _ in found.unusable:
        refuse(trouble)
    result.refused = len(found.unusable)
    if found.unusable and not dry_run:
        letters = [(dlq.key(dlq.decode(letter)), letter) for _, letter in found.unusable]
        log.tell(spark, topics.RECORDS_DLQ, letters)
    groups = [g for g in found.groups if force or not _is_done(g, finished, countries, scope)]
    result.skipped = sum(map(len, found.groups)) - sum(map(len, groups))
    for step in _steps(groups):
        tell(f"{result.files} of {sum(map(len, groups))} files, {result.records:,} records")
        _publish(
            spark, log, step, scope,
            countries=countries, finished=finished, dry_run=dry_run, result=result, refuse=refuse,
        )  # fmt: skip
    result.seconds = time.monotonic() - begun
    return result


def _publish(
    spark: SparkSession,
    log: Log,
    step: Sequence[Group],
    scope: Scope,
    *,
    countries: frozenset[str] | None,
    finished: Mapping[str, Finished],
    dry_run: bool,
    result: Result,
    refuse: Tell,
) -> None:
    reading = read(spark, step, countries, scope.has)
    try:
        summaries = {row["group"]: row for row in reading.summaries.collect()}
        for sentence in reading.shown():
            refuse(sentence)
        if not dry_run:
            log.publish(_as_messages(spark, reading, step))
            # Only when everything is in the log may a file be skipped next time.
            log.tell(spark, topics.FILES, _entries(step, summaries, countries, finished, scope))
    finally:
        reading.close()
    result.files += sum(map(len, step))
    result.records += sum(row["read"] or 0 for row in summaries.values())
    result.refused += sum(row["refused"] for row in summaries.values())


def _as_messages(spark: SparkSession, reading: Read, step: Sequence[Group]) -> DataFrame:
    named = [
        (number, bytearray(files_header((file.name, file.sha256) for file in group)))
        for number, group in enumerate(step)
    ]
    headers = f.broadcast(spark.createDataFrame(named, "group int, files binary"))
    actor = _header(Header.ACTOR, f.lit(ACTOR).cast("binary"))
    records = reading.records.join(headers, "group").select(
        f.lit(topics.RECORDS).alias("topic"),
        f.col("region").cast("binary").alias("key"),
        "value",
        f.array(_header(Header.FILE, f.col("files")), actor).alias("headers"),
    )
    # The key of a letter is the id of its origin, which the letter itself tells.
    origin = f.udf(lambda letter: bytearray(dlq.key(dlq.decode(bytes(letter)))), "binary")
    letters = reading.refusals.select(
        f.lit(topics.RECORDS_DLQ).alias("topic"),
        origin("letter").alias("key"),
        f.col("letter").alias("value"),
        f.array(actor).alias("headers"),
    )
    return records.unionByName(letters)


def _header(name: str, value: Any) -> Any:
    return f.struct(f.lit(name).alias("key"), value.alias("value"))


def _entries(
    step: Sequence[Group],
    summaries: Mapping[int, Any],
    countries: frozenset[str] | None,
    finished: Mapping[str, Finished],
    scope: Scope,
) -> Iterator[tuple[bytes, bytes]]:
    for number, group in enumerate(step):
        summary = summaries[number]
        if summary["read"] is None:
            continue  # it was refused as a whole, and may be published when it is mended
        for file in group:
            key = _key(file, scope)
            stamp = summary["reported_at"]
            entry = Finished(
                name=file.name,
                kind=file.kind,
                countries=ledger.scope(countries, finished.get(key)),
                records=summary["read"],
                refused=summary["refused"],
                newest=max((one.newest for one in group if one.newest), default=None),
                reported_at=dt.datetime.fromisoformat(stamp) if stamp else None,
            )
            yield key.encode(), ledger.encode(entry)


def _key(file: File, scope: Scope) -> str:
    """A part of a file stands in the list under a name of its own, that nobody takes for the whole."""
    key = ledger.key(file.sha256, file.meaning)
    return key if scope.everything else f"{key} {scope}"


def _is_done(
    group: Group, finished: Mapping[str, Finished], countries: frozenset[str] | None, scope: Scope
) -> bool:
    def done(file: File) -> bool:
        entries = (finished.get(ledger.key(file.sha256, file.meaning)), finished.get(_key(file, scope)))
        return any(ledger.covers(entry, countries, None) for entry in entries)

    return all(map(done, group))


def _steps(groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
    """Groups in steps of about `STEP_BYTES`, the newest first, as the producer has them."""
    step: list[Group] = []
    size = 0
    for group in sorted(groups, key=_newest, reverse=True):
        step.append(group)
        size += sum(file.bytes for file in group)
        if size >= STEP_BYTES or len(step) == STEP_GROUPS:
            yield step
            step, size = [], 0
    if step:
        yield step


def _newest(group: Group) -> dt.date:
    return max((file.newest for file in group if file.newest), default=dt.date.min)
