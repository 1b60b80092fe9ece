"""Micro-batches as the checkpoint of Structured Streaming records them.

A batch that begins writes `offsets/N` (its own time, and how far it will read), one that is done `commits/N`.
Source: Spark's Structured Streaming Programming Guide, "Recovering from Failures with Checkpointing".
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from covid_core import topics

_GENERATIONS: Final = "generation-*"


class MicroBatch(NamedTuple):
    """One that is done. `offsets`: partition of `covid.records` to the offset up to which it has read."""

    number: int
    begun: dt.datetime
    seconds: float
    records: int
    offsets: Mapping[int, int]

    def to_json(self) -> dict[str, Any]:
        """For programs: plain values, the moment in UTC."""
        return {**self._asdict(), "begun": self.begun.isoformat()}

    def __str__(self) -> str:
        """For people: one line."""
        rate = f" ({self.records / self.seconds:,.0f} a second)" if self.records and self.seconds > 0 else ""
        noun = "record" if self.records == 1 else "records"
        places = " ".join(f"{partition}:{offset}" for partition, offset in sorted(self.offsets.items()))
        return (
            f"{self.begun:%H:%M:%S}  batch {self.number}: {self.records:,} {noun} in {self.seconds:.2f} s"
            f"{rate}, {topics.RECORDS} read to {places}"
        )


class Watch:
    """The micro-batches of a checkpoint, each told once; those of a later generation follow by themselves."""

    def __init__(self, checkpoint: Path) -> None:
        self._checkpoint = checkpoint
        self._generation: Path | None = None
        self._last = -1

    def new(self) -> Iterator[MicroBatch]:
        """Those that were done since the last call; at first all that the checkpoint still holds."""
        generation = _newest(self._checkpoint)
        if generation is None:
            return
        if generation != self._generation:
            self._generation, self._last = generation, -1
        for number in sorted(_numbers(generation / "commits")):
            if number > self._last:
                self._last = number
                if (batch := _batch(generation, number)) is not None:
                    yield batch


def _newest(checkpoint: Path) -> Path | None:
    # The one that was written last: a release that is gone back to goes on from an older one. What is being
    # removed or made may vanish in between.
    dated = []
    for folder in checkpoint.glob(_GENERATIONS):
        try:
            dated.append(((folder / "commits").stat().st_mtime_ns, folder))
        except FileNotFoundError:
            continue
    return max(dated)[1] if dated else None


def _numbers(folder: Path) -> list[int]:
    return [int(file.name) for file in folder.glob("*") if file.name.isdigit()]


def _batch(generation: Path, number: int) -> MicroBatch | None:
    """None where the checkpoint no longer holds what is needed: it keeps the last ones only."""
    try:
        millis, offsets = _planned(generation, number)
        before = _planned(generation, number - 1)[1] if number else {}
        ended = (generation / "commits" / str(number)).stat().st_mtime
    except FileNotFoundError:
        return None
    records = sum(offset - before.get(partition, 0) for partition, offset in offsets.items())
    begun = dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
    return MicroBatch(number, begun, max(0.0, ended - millis / 1000), records, offsets)


def _planned(generation: Path, number: int) -> tuple[int, dict[int, int]]:
    """When a batch began (milliseconds since 1970 UTC), and the offsets at which it ends."""
    _, metadata, source = (generation / "offsets" / str(number)).read_text(encoding="utf-8").splitlines()[:3]
    offsets = json.loads(source).get(topics.RECORDS, {})
    return json.loads(metadata)["batchTimestampMs"], {int(key): value for key, value in offsets.items()}
