"""Keeping a table of the lake quick to read: small files merged, old snapshots and stray files removed.

Safe beside the running sink: each commit replaces exactly the files that were read, keeps the positions in
the snapshot's summary, and where another commit came first it is made again on top of that one.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import pyarrow.fs as pafs
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, PyArrowFileIO
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from covid_core.lake import METRICS, RECORDS, properties, stored
from covid_sinks.contract import Transient
from covid_sinks.iceberg.commit import replace_files
from covid_sinks.iceberg.files import part_of, write_parts, write_rows
from covid_sinks.iceberg.lake import CONFLICTS, moved

logger = logging.getLogger(__name__)

TRIES: Final = 30
"""Commits in a row that may meet another one: a busy sink makes several a second."""
_PAUSE_SECONDS: Final = (0.05, 0.5)

ORDERS: Final = {RECORDS: ("topic_id", "partition", "offset"), METRICS: ("source", "date")}
"""The tables that are kept, and how rows stand in a file of each."""

Tell = Callable[[str], None]


class Limits(NamedTuple):
    """What is kept. A merged file has at most `rows` rows and `size` bytes; one of half as much stays."""

    expire_seconds: float = 86_400.0
    """Age from which on a snapshot is expired, unless it is the current one or has a name."""
    safe_seconds: float = 86_400.0
    """Age from which on a file that no snapshot refers to is removed: a younger one may be about to be
    committed."""
    rows: int = 250_000
    size: int = 32 * 2**20


@dataclass
class Maintained:
    """What became of a table; with a dry run, what would. Bytes are of the files removed."""

    table: str
    rows: int = 0
    files_before: int = 0
    files_after: int = 0
    snapshots_before: int = 0
    snapshots_after: int = 0
    removed_files: int = 0
    removed_bytes: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def maintain(
    table: Table, name: str, limits: Limits, now: dt.datetime, tell: Tell, *, dry_run: bool
) -> Maintained:
    """Merge files, expire snapshots and remove what nothing refers to, in this order.

    Raises `Transient` when `TRIES` commits in a row met another one; what was done before stands.
    """
    begun = time.monotonic()
    files = _live(table)
    groups = mergeable(table, limits)
    found = Maintained(name, files_before=len(files), snapshots_before=len(table.snapshots()))
    found.rows = sum(task.file.record_count for task in files.values())
    found.files_after = len(files) - sum(len(group) - 1 for group in groups)
    if not dry_run:
        for number, group in enumerate(groups, 1):
            tell(f"{name}: merging {len(group)} files, {number} of {len(groups)}")
            _merge(table, group, ORDERS[name])
        found.files_after = len(_live(table)) if groups else len(files)
    expired = expire(table, now - dt.timedelta(seconds=limits.expire_seconds), dry_run=dry_run)
    found.snapshots_after = found.snapshots_before - len(expired) if dry_run else len(table.snapshots())
    tell(f"{name}: looking for files that no snapshot refers to")
    for path, size in unreferenced(table, now - dt.timedelta(seconds=limits.safe_seconds)):
        if not dry_run and not _removed(table, path):
            continue
        found.removed_files += 1
        found.removed_bytes += size
    found.seconds = round(time.monotonic() - begun, 3)
    return found


def mergeable(table: Table, limits: Limits) -> list[list[FileScanTask]]:
    """Groups of small files of one partition. Those with delete files or of an older partitioning stay."""
    of_part: dict[tuple[Any, ...], list[FileScanTask]] = defaultdict(list)
    spec = table.spec()
    for task in _live(table).values():
        file = task.file
        small = file.record_count <= limits.rows // 2 and file.file_size_in_bytes <= limits.size // 2
        if small and not task.delete_files and file.spec_id == spec.spec_id:
            of_part[tuple(file.partition[at] for at in range(len(spec.fields)))].append(task)
    return [group for tasks in of_part.values() for group in _split(tasks, limits) if len(group) > 1]


def expire(table: Table, before: dt.datetime, *, dry_run: bool) -> list[int]:
    """Forget the snapshots from before a moment; their ids.

    A new snapshot that changes nothing is committed with it. It carries the positions on, which may stand in
    an expired one alone; and a sink that was about to expire the same ones meets a commit, which it handles.
    """
    for _ in range(TRIES):
        table.refresh()
        kept = {ref.snapshot_id for ref in table.metadata.refs.values()}
        millis = int(before.timestamp() * 1000)
        old = [
            s.snapshot_id for s in table.snapshots() if s.timestamp_ms < millis and s.snapshot_id not in kept
        ]
        if not old or dry_run:
            return old
        try:
            replace_files(table, (), (), properties(stored(table), None), old)
            return old
        except CONFLICTS as error:
            _again(table, error)
    raise Transient(f"{table.name()}: {TRIES} commits in a row met another one")


def unreferenced(table: Table, before: dt.datetime) -> list[tuple[str, int]]:
    """Path and bytes of the table's files from before a moment that no snapshot refers to."""
    # Listed first: what is committed after that refers to younger files, or to those that it found in use.
    listed = list(_listed(table, before))
    table.refresh()
    while True:
        try:
            known = {_bare(path) for path in _referenced(table)}
        except FileNotFoundError:
            # The sink has just expired a snapshot and removed its files.
            if not moved(table):
                raise
        else:
            return [(path, size) for path, size in listed if _bare(path) not in known]


def _merge(table: Table, group: Sequence[FileScanTask], order: Sequence[str]) -> None:
    rows = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table(group)
    rows = rows.sort_by([(column, "ascending") for column in order])
    unpartitioned = table.spec().is_unpartitioned()
    files = write_rows(table, rows) if unpartitioned else write_parts(table, {part_of(group[0].file): rows})
    if not _replaced(table, [task.file for task in group], files):
        for file in files:
            _removed(table, file.file_path)


def _replaced(table: Table, old: Sequence[DataFile], new: Sequence[DataFile]) -> bool:
    """Put the new files in place of the old ones; False when a sink has replaced one of those meanwhile."""
    for _ in range(TRIES):
        try:
            replace_files(table, old, new, properties(stored(table), None), [])
            return True
        except CONFLICTS as error:
            _again(table, error)
            live = _live(table).keys()
            if {file.file_path for file in new} <= live:
                return True  # its answer was lost, and it was committed
            if not {file.file_path for file in old} <= live:
                return False
    raise Transient(f"{table.name()}: {TRIES} commits in a row met another one")


def _again(table: Table, error: Exception) -> None:
    logger.info("%s: another commit came first (%s)", table.name(), error)
    time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311
    table.refresh()


def _live(table: Table) -> dict[str, FileScanTask]:
    """The data files of the current snapshot by path."""
    return {task.file.file_path: task for task in table.scan().plan_files()}


def _split(tasks: Iterable[FileScanTask], limits: Limits) -> Iterator[list[FileScanTask]]:
    group: list[FileScanTask] = []
    rows = size = 0
    for task in tasks:
        rows, size = rows + task.file.record_count, size + task.file.file_size_in_bytes
        if group and (rows > limits.rows or size > limits.size):
            yield group
            group, rows, size = [], task.file.record_count, task.file.file_size_in_bytes
        group.append(task)
    yield group


def _referenced(table: Table) -> Iterator[str]:
    """Every file that the metadata or any of its snapshots refers to."""
    metadata = table.metadata
    yield table.metadata_location
    yield from (entry.metadata_file for entry in metadata.metadata_log)
    yield from (each.statistics_path for each in [*metadata.statistics, *metadata.partition_statistics])
    seen: set[str] = set()
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path


def _listed(table: Table, before: dt.datetime) -> Iterator[tuple[str, int]]:
    scheme, netloc, folder = PyArrowFileIO.parse_location(table.location())
    files = PyArrowFileIO(table.io.properties).fs_by_scheme(scheme, netloc)
    for part in ("data", "metadata"):
        selector = pafs.FileSelector(f"{folder}/{part}", allow_not_found=True, recursive=True)
        for info in files.get_file_info(selector):
            if info.is_file and info.mtime is not None and info.mtime < before:
                yield f"{scheme}://{info.path}", info.size


def _bare(path: str) -> str:
    """Without its scheme: `s3`, `s3a` and `s3n` name the same file."""
    return re.sub(r"^\w+://", "", path)


def _removed(table: Table, path: str) -> bool:
    try:
        table.io.delete(path)
    except OSError as error:
        logger.warning("left for the next time: %s: %s", path, error)
        return False
    return True
