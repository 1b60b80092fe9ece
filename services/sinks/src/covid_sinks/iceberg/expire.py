"""Keeping the metadata of a table that is committed to every second from growing.

Snapshots are expired early, because each makes every later commit slower; the files that only they refer to
are removed late, because a reader may be at work on a snapshot it has loaded. Files that a process leaves
behind when it ends are `covid maintain`'s.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

logger = logging.getLogger(__name__)

EVERY: Final = 20
"""Snapshots that are forgotten at once."""
KEEP: Final = 20
"""Snapshots that stay when others are expired."""
GRACE_SECONDS: Final = 600.0
"""How long a reader may work on a snapshot after it was replaced."""


class _Garbage(NamedTuple):
    replaced_at: float
    last_user: int
    """The newest snapshot that refers to the paths."""
    sequence: int
    """Its place among the snapshots."""
    paths: list[str]


class Expiry:
    """Which snapshots a commit forgets; removes, in the background, what this process's commits replaced."""

    def __init__(self, every: int = EVERY, keep: int = KEEP, grace: float = GRACE_SECONDS) -> None:
        self._every, self._keep, self._grace = every, keep, grace
        self._garbage: deque[_Garbage] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="expire")

    def due(self, table: Table) -> list[int]:
        """The ids of snapshots that the next commit should forget: none, until there are enough of them."""
        # What a tag or a branch names stays until it is named no longer.
        metadata = table.metadata
        named = {ref.snapshot_id for ref in metadata.refs.values()} - {metadata.current_snapshot_id}
        snapshots = [snapshot for snapshot in table.snapshots() if snapshot.snapshot_id not in named]
        if len(snapshots) < self._keep + self._every:
            return []
        ordered = sorted(snapshots, key=lambda snapshot: snapshot.sequence_number or 0)
        return [snapshot.snapshot_id for snapshot in ordered[: -self._keep]]

    def after_commit(self, table: Table, replaced: Snapshot | None, unused: Iterable[str]) -> None:
        """Call after a commit: with the snapshot it replaced, and the paths that none but older ones use."""
        if replaced is None:
            return
        paths = [*unused, replaced.manifest_list]
        self._garbage.append(
            _Garbage(time.monotonic(), replaced.snapshot_id, replaced.sequence_number or 0, paths)
        )
        self._collect(table)

    def close(self) -> None:
        """Stop; removals under way are finished in the background."""
        self._pool.shutdown(wait=False)

    def _collect(self, table: Table) -> None:
        latest = time.monotonic() - self._grace
        if not self._garbage or self._garbage[0].replaced_at > latest:
            return
        alive = {snapshot.snapshot_id: snapshot.sequence_number or 0 for snapshot in table.snapshots()}
        oldest = min(alive.values(), default=0)
        paths: list[str] = []
        while (
            self._garbage
            and self._garbage[0].replaced_at <= latest
            and self._garbage[0].last_user not in alive
        ):
            gone = self._garbage.popleft()
            # An older one, which has a name, may use them too: `covid maintain` looks.
            if gone.sequence < oldest:
                paths += gone.paths
        if paths:
            self._pool.submit(_remove, table, paths)


def _remove(table: Table, paths: Iterable[str]) -> None:
    for path in paths:
        try:
            table.io.delete(path)
        except OSError as error:
            logger.warning("left for `covid maintain`: %s: %s", path, error)
