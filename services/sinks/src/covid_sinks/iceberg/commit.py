"""One snapshot that removes some data files and adds others, at a cost that does not grow with the history.

pyiceberg 0.12's own overwrite copies all metadata some twenty times a commit and carries manifests along in
which no live file is left, so that its hundredth commit takes many times its first. Java's implementation
does neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestEntry, ManifestEntryStatus, ManifestFile
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import TableUpdate
from pyiceberg.table.update.snapshot import ExpireSnapshots, _ManifestMergeManager, _OverwriteFiles

MANIFESTS: int = 50
"""Live manifests from which on they are merged into one."""


def replace_files(
    table: Table,
    remove: Iterable[DataFile],
    add: Iterable[DataFile],
    summary: Mapping[str, str],
    expire: list[int],
) -> list[str]:
    """Commit one snapshot, and forget those in `expire`, at once.

    Returns the paths that no later snapshot refers to (but earlier ones do).

    Raises pyiceberg's `CommitFailedException` or `ValidationException` when another commit came first.
    """
    removed = list(remove)
    transaction = _Transaction(table)
    operation = Operation.OVERWRITE if removed else Operation.APPEND
    snapshot = _Replacement(operation, transaction, table.io, snapshot_properties=dict(summary))
    for file in removed:
        snapshot.delete_data_file(file)
    for file in add:
        snapshot.append_data_file(file)
    snapshot.commit()
    if expire:
        ExpireSnapshots(transaction).by_ids(expire).commit()
    transaction.commit_transaction()
    return [file.file_path for file in removed] + snapshot.dropped


class _Transaction(Transaction):
    """A transaction that works out its metadata once an update, not once a question."""

    _worked_out: tuple[tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        if not self._updates:
            return self._table.metadata
        if self._worked_out is None or self._worked_out[0] is not self._updates:
            self._worked_out = (self._updates, super().table_metadata)
        return self._worked_out[1]


class _Replacement(_OverwriteFiles):
    """The snapshot. Manifests that lost their last live file are left out, as the specification allows."""

    def __init__(
        self,
        operation: Operation,
        transaction: Transaction,
        io: FileIO,
        *,
        snapshot_properties: dict[str, str],
    ) -> None:
        super().__init__(operation, transaction, io, snapshot_properties=snapshot_properties)
        self.dropped: list[str] = []
        self._kept: list[ManifestFile] = []
        self._rewritten: list[tuple[ManifestFile, list[ManifestEntry]]] = []
        self._before: list[ManifestFile] = []

    def _deleted_entries(self) -> list[ManifestEntry]:
        """Sort the parent's manifests by what becomes of them; the entries of the removed files."""
        parent = self._parent_snapshot_id
        snapshot = self._transaction.table_metadata.snapshot_by_id(parent) if parent is not None else None
        self._before = snapshot.manifests(self._io) if snapshot else []
        deleted: list[ManifestEntry] = []
        specs = {manifest.partition_spec_id for manifest in self._before}
        concerned = {spec_id: self._build_manifest_evaluator(spec_id) for spec_id in specs}
        for manifest in self._before:
            if not (manifest.has_added_files() or manifest.has_existing_files()):
                continue
            if not concerned[manifest.partition_spec_id](manifest):
                self._kept.append(manifest)
                continue
            live = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
            gone = [entry for entry in live if entry.data_file in self._deleted_data_files]
            if not gone:
                self._kept.append(manifest)
                continue
            deleted += [self._with_status(entry, ManifestEntryStatus.DELETED) for entry in gone]
            stay = [entry for entry in live if entry.data_file not in self._deleted_data_files]
            if stay:
                self._rewritten.append((manifest, stay))
        self._validate_required_deletes(deleted)
        return deleted

    def _existing_manifests(self) -> list[ManifestFile]:
        written = []
        for manifest, entries in self._rewritten:
            with self.new_manifest_writer(self.spec(manifest.partition_spec_id)) as writer:
                for entry in entries:
                    writer.add_entry(self._with_status(entry, ManifestEntryStatus.EXISTING))
            written.append(writer.to_manifest_file())
        return [*self._kept, *written]

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        merging = _ManifestMergeManager(
            target_size_bytes=TableProperties.MANIFEST_TARGET_SIZE_BYTES_DEFAULT,
            min_count_to_merge=MANIFESTS,
            merge_enabled=True,
            snapshot_producer=self,
        )
        after = merging.merge_manifests(manifests)
        paths = {manifest.manifest_path for manifest in after}
        self.dropped = [m.manifest_path for m in self._before if m.manifest_path not in paths]
        return after

    def _with_status(self, entry: ManifestEntry, status: ManifestEntryStatus) -> ManifestEntry:
        return ManifestEntry.from_args(
            status=status,
            snapshot_id=self._snapshot_id if status is ManifestEntryStatus.DELETED else entry.snapshot_id,
            sequence_number=entry.sequence_number,
            file_sequence_number=entry.file_sequence_number,
            data_file=entry.data_file,
        )
