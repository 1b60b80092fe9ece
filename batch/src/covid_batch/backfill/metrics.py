"""All rows out of the archive onto `covid.metrics`: what refills a store, beside the running stream.

The rows of a region carry the revision of the last position that the archive holds. A sink therefore applies
them where its store has older ones or none, and leaves alone what the stream has sent since.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from msgspec.structs import replace
from pyspark import StorageLevel
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as f

from covid_batch.backfill.archive import Archive, NoArchive, Snapshot
from covid_batch.backfill.computing import READ, by_region, computed
from covid_batch.backfill.log import Log
from covid_batch.backfill.scope import Scope
from covid_core import control, topics
from covid_core.control import Backfill, Generation

STEP_MESSAGES: Final = 200_000
"""Archived messages whose regions are computed at a time; after each step a killed backfill can go on."""
_LOOK_SECONDS: Final = 1.0

Tell = Callable[[str], None]


class Lagging(Exception):
    """The archive is behind the log; the text says how far."""


@dataclass(frozen=True)
class Result:
    """What was published, or would have been."""

    regions: int
    rows: int
    messages: int
    skipped: int
    """Regions that a backfill before had done."""
    seconds: float


def run(
    spark: SparkSession,
    archive: Archive,
    log: Log,
    scope: Scope,
    *,
    wait: float,
    resume: bool,
    dry_run: bool,
    tell: Tell,
) -> Result:
    """Compute and publish. `wait`: seconds for the archive to reach where the log stood at the start.

    Raises `NoArchive`, `Lagging`, `LogUnavailable`, and what Spark raises.
    """
    begun = time.monotonic()
    generation = log.generation()
    if generation is None:
        raise NoArchive(f"{topics.CONTROL} names no generation yet: start the stream, then try again")
    snapshot = reached(archive, generation, log.ends(topics.RECORDS), wait, tell)
    progress = _progress(log, generation, snapshot, scope, resume=resume, tell=tell)
    steps = _steps_of(spark, archive, snapshot, generation, scope, progress=progress)
    regional = by_region(archive.messages(spark, snapshot, READ), generation.topic_id)
    if len(steps) > 1:
        # Sorted once, for all steps; on disk, since all countries' history is large.
        regional = regional.persist(StorageLevel.DISK_ONLY)
    skipped = len(progress.regions)
    rows = messages = 0
    for number, step in enumerate(steps):
        tell(f"step {number + 1} of {len(steps)}: {len(progress.regions)} regions, {rows:,} rows so far")
        found = computed(regional.where(step), scope, generation)
        found = found.persist(StorageLevel.DISK_ONLY)  # counted and written, computed once
        counts = (f.count("*"), f.coalesce(f.sum("rows"), f.lit(0)), f.collect_set("key"))
        sent, carried, keys = found.agg(*counts).collect()[0]
        if not dry_run:
            log.publish(found.select(f.lit(topics.METRICS).alias("topic"), "key", "value"))
        found.unpersist()
        done = sorted(bytes(key).decode() for key in keys)
        progress = replace(progress, regions=(*progress.regions, *done))
        if not dry_run:
            _note(spark, log, progress)
        rows, messages = rows + carried, messages + sent
    if not dry_run:
        _note(spark, log, replace(progress, complete=True))
    regions = len(progress.regions) - skipped
    return Result(regions, rows, messages, skipped, time.monotonic() - begun)


class Snapshots(Protocol):
    """What is asked again and again. See `Archive`."""

    def snapshot(self) -> Snapshot: ...


def reached(
    archive: Snapshots, generation: Generation, ends: dict[int, int], wait: float, tell: Tell
) -> Snapshot:
    """A snapshot that holds the log up to these ends. `wait`: seconds. Raises `Lagging`, `NoArchive`."""
    deadline = time.monotonic() + wait
    while True:
        snapshot = archive.snapshot()
        if snapshot.positions.topic_id != generation.topic_id:
            behind = sum(ends.values())
            other = " It holds another log: has the broker lost its disk? `covid restore` refills the log."
        else:
            offsets = snapshot.positions.next_offsets
            behind = sum(max(0, end - offsets.get(partition, 0)) for partition, end in ends.items())
            other = ""
        if not behind and not other:
            return snapshot
        if time.monotonic() > deadline:
            raise Lagging(
                f"the archive is {behind:,} records behind the log: is the sink s3 running? "
                f"--wait gives it more time.{other}"
            )
        tell(f"waiting for the archive: {behind:,} records behind")
        time.sleep(_LOOK_SECONDS)


def _progress(
    log: Log, generation: Generation, snapshot: Snapshot, scope: Scope, *, resume: bool, tell: Tell
) -> Backfill:
    before = log.backfill()
    fits = (
        before is not None
        and not before.complete
        and (before.generation, before.topic_id, before.scope)
        == (generation.generation, generation.topic_id, str(scope))
    )
    if before is not None and fits:
        if resume:
            return before
        tell(f"a backfill before ended after {len(before.regions)} regions; --resume would go on from there")
    return Backfill(
        generation=generation.generation,
        topic_id=generation.topic_id,
        offsets=dict(snapshot.positions.next_offsets),
        scope=str(scope),
        regions=(),
        complete=False,
    )


def _note(spark: SparkSession, log: Log, progress: Backfill) -> None:
    log.tell(spark, topics.CONTROL, [(control.BACKFILL, control.encode(progress))])


def _steps_of(
    spark: SparkSession,
    archive: Archive,
    snapshot: Snapshot,
    generation: Generation,
    scope: Scope,
    *,
    progress: Backfill,
) -> list[Column]:
    """Conditions on `region`, one a step: together, all that is wanted and not done."""
    region = f.col("region")
    left = ~region.isin(list(progress.regions))
    if scope.regions is not None:
        left &= region.isin(sorted(scope.regions))
    if snapshot.messages <= STEP_MESSAGES:
        return [left]
    archived = archive.messages(spark, snapshot, ("topic_id", "region"))
    mine = archived.where((f.col("topic_id") == generation.topic_id) & region.isNotNull() & left)
    sizes = {row["region"]: row["count"] for row in mine.groupBy("region").count().collect()}
    return [region.isin(step) for step in packed(sizes, STEP_MESSAGES)]


def packed(sizes: Mapping[str, int], most: int) -> Iterator[list[str]]:
    """Names in their order, as many together as have about `most` in all."""
    step: list[str] = []
    size = 0
    for name in sorted(sizes):
        step.append(name)
        size += sizes[name]
        if size >= most:
            yield step
            step, size = [], 0
    if step:
        yield step
