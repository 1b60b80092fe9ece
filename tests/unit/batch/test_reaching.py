"""A backfill waits until the archive holds the log up to where it stood at the start."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from covid_batch.backfill.archive import Snapshot
from covid_batch.backfill.metrics import Lagging, reached
from covid_core.control import Generation
from covid_core.lake import Positions

GENERATION = Generation(generation=3, definition=1, partitions=2, topic_id="this")
ENDS = {0: 10, 1: 4}


class Growing:
    """An archive whose snapshots are the given ones, the last again and again."""

    def __init__(self, positions: Sequence[Positions]) -> None:
        self._left = list(positions)

    def snapshot(self) -> Snapshot:
        positions = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return Snapshot(positions, ["a.parquet"], 14)


def test_it_waits_for_what_is_missing() -> None:
    archive = Growing([Positions("this", {0: 7}), Positions("this", {0: 10, 1: 4})])
    said: list[str] = []
    assert reached(archive, GENERATION, ENDS, 5, said.append).positions.next_offsets == ENDS
    assert said == ["waiting for the archive: 7 records behind"]


def test_it_gives_up_and_says_how_far_it_is_behind() -> None:
    with pytest.raises(Lagging, match="2 records behind the log: is the sink s3 running"):
        reached(Growing([Positions("this", {0: 8, 1: 9})]), GENERATION, ENDS, 0, print)


def test_an_archive_of_another_log_is_no_archive_of_this_one() -> None:
    with pytest.raises(Lagging, match="covid restore"):
        reached(Growing([Positions("lost", {0: 99, 1: 99})]), GENERATION, ENDS, 0, print)


def test_an_empty_log_is_reached_at_once() -> None:
    assert reached(Growing([Positions("this", {0: 3})]), GENERATION, {0: 0, 1: 0}, 0, print)
