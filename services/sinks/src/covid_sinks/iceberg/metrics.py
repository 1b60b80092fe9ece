"""The table `metrics`: the current row of every key, partitioned by region and year.

One data file a partition, rows sorted by source and date. A write merges its rows into the partitions they
touch and replaces those files in one snapshot, so a row costs the writing of at most a year of its region.
What was written is kept in memory (bounded), so that the next write of a partition reads nothing.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    LessThan,
)
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import IdentityTransform, YearTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
)

from covid_core.lake import METRICS, Positions, properties, stored
from covid_core.rows import COLUMNS, KEY, ColumnType, Row
from covid_sinks import arrow
from covid_sinks.contract import Rejected, Sink, Transient, WriteReport
from covid_sinks.iceberg.commit import replace_files
from covid_sinks.iceberg.expire import Expiry
from covid_sinks.iceberg.files import Part, part_of, write_parts
from covid_sinks.iceberg.lake import CONFLICTS, Lake, moved, passing_errors
from covid_sinks.isolate import refused

logger = logging.getLogger(__name__)

TRIES: Final = 5
CACHE_BYTES: Final = 48 * 2**20

TYPES: Final[dict[ColumnType, PrimitiveType]] = {
    ColumnType.STRING: StringType(),
    ColumnType.DATE: DateType(),
    ColumnType.INT64: LongType(),
    ColumnType.FLOAT64: DoubleType(),
    ColumnType.BOOL: BooleanType(),
}
SCHEMA: Final = Schema(
    *(
        NestedField(
            number, column.name, TYPES[column.type], required=False,
            doc=column.description + (f" [{column.unit}]" if column.unit else ""),
        )
        for number, column in enumerate(COLUMNS, start=1)
    )
)  # fmt: skip
SPEC: Final = PartitionSpec(
    PartitionField(SCHEMA.find_field("region").field_id, 1000, IdentityTransform(), "region"),
    PartitionField(SCHEMA.find_field("date").field_id, 1001, YearTransform(), "date_year"),
)
STATISTICS: Final = {"write.metadata.metrics.default": "counts"} | {
    f"write.metadata.metrics.column.{name}": "full" for name in (*KEY, "generation", "revision")
}
"""Least and greatest of the columns by which rows are looked for; of all columns they take as long to work
out as the file takes to write."""


class Content(NamedTuple):
    """What a partition holds, and the files it stands in."""

    files: tuple[DataFile, ...]
    rows: pa.Table


_EMPTY: Final = Content((), arrow.SCHEMA.empty_table())
_RANK: Final = ("source", "date", "generation", "revision")
"""The key within a partition, and which of the rows with one key is newer."""


class IcebergSink(Sink):
    """Keeps the table `metrics` of a lake. One writer a table; another one's commit is noticed."""

    def __init__(self, lake: Lake, table: str = METRICS, expiry: Callable[[], Expiry] = Expiry) -> None:
        self._lake = lake
        self._new_expiry = expiry
        self._name = table
        self._table: Table | None = None
        self._cache: OrderedDict[Part, Content] = OrderedDict()
        self._cached_bytes = 0
        self._cached_of: int | None = None
        self._expiry = expiry()

    def open(self) -> None:
        self._table = self._lake.table(self._name, SCHEMA, SPEC, STATISTICS)
        self._forget()
        self._expiry = self._new_expiry()

    def covered(self) -> Positions | None:
        return stored(self._opened())

    def write(
        self, rows: Sequence[Row], *, repair: bool = False, positions: Positions | None = None
    ) -> WriteReport:
        staged = self._arrow(rows)
        for _ in range(TRIES):
            with passing_errors():
                try:
                    return self._commit(rows, staged, repair, positions)
                except CONFLICTS as error:
                    logger.info("%s: another commit came first (%s)", self._name, error)
                    self._opened().refresh()
                    self._forget()
                except FileNotFoundError:
                    if not moved(self._opened()):
                        raise
                    self._forget()
        raise Transient(f"{self._name}: {TRIES} commits in a row met another one")

    def drop_before(self, generation: int) -> int:
        table = self._opened()
        with passing_errors():
            try:
                table.refresh()
                files = table.scan(row_filter=_where(LessThan, "generation", generation)).plan_files()
                contents = self._contents(sorted({part_of(task.file) for task in files}))
                changed = {part: _since(content, generation) for part, content in contents.items()}
                dropped = sum(
                    len(contents[part].rows) - len(content.rows) for part, content in changed.items()
                )
                if dropped:
                    self._replace(table, changed, properties(stored(table), None))
            except CONFLICTS as error:
                self._forget()
                raise Transient(f"{self._name}: another commit came first") from error
        return dropped

    def close(self) -> None:
        self._expiry.close()
        self._lake.close()
        self._table = None
        self._forget()

    # -- writing -------------------------------------------------------------------------------------------

    def _arrow(self, rows: Sequence[Row]) -> pa.Table:
        def attempt(part: Sequence[Row]) -> str | None:
            try:
                arrow.table_of(part)
            except (pa.ArrowException, OverflowError, ValueError) as error:
                return f"lake: {error}"
            return None

        try:
            return arrow.table_of(rows)
        except (pa.ArrowException, OverflowError, ValueError) as error:
            found = refused(rows, attempt)
            if not found:
                raise
            raise Rejected(found) from error

    def _commit(
        self, rows: Sequence[Row], staged: pa.Table, repair: bool, positions: Positions | None
    ) -> WriteReport:
        table = self._opened()
        touched: dict[Part, list[int]] = defaultdict(list)
        for index, row in enumerate(rows):
            touched[Part(row.region, row.date.year)].append(index)
        contents = self._contents(list(touched))
        # A partition's rows one after the other: of a slice, nothing is copied.
        staged = staged.take(pa.array(chain.from_iterable(touched.values()), pa.int64()))
        changed: dict[Part, Content] = {}
        applied = begun = 0
        for part, indexes in touched.items():
            new = staged.slice(begun, len(indexes))
            begun += len(indexes)
            merged, count = _merge(contents[part].rows, new, repair)
            if count:
                applied += count
                changed[part] = Content(contents[part].files, merged)
        if changed:
            self._replace(table, changed, properties(stored(table), positions))
        return WriteReport(applied, len(rows) - applied)

    def _replace(self, table: Table, changed: dict[Part, Content], summary: dict[str, str]) -> None:
        files = write_parts(table, {part: content.rows for part, content in changed.items() if content.rows})
        replaced = [file for content in changed.values() for file in content.files]
        before = table.current_snapshot()
        unused = replace_files(table, replaced, files, summary, self._expiry.due(table))
        written: dict[Part, list[DataFile]] = defaultdict(list)
        for file in files:
            written[part_of(file)].append(file)
        for part, content in changed.items():
            self._keep(part, Content(tuple(written[part]), content.rows))
        self._expiry.after_commit(table, before, unused)
        self._cached_of = _snapshot_id(table)

    # -- what partitions hold ------------------------------------------------------------------------------

    def _contents(self, parts: Sequence[Part]) -> dict[Part, Content]:
        table = self._opened()
        if self._cached_of != _snapshot_id(table):
            self._forget()
            self._cached_of = _snapshot_id(table)
        found = {part: self._cache[part] for part in parts if part in self._cache}
        for part in found:
            self._cache.move_to_end(part)
        unknown = [part for part in parts if part not in found]
        if unknown:
            read = self._read(table, unknown)
            for part in unknown:
                found[part] = read.get(part, _EMPTY)
                self._keep(part, found[part])
        return found

    def _read(self, table: Table, parts: Sequence[Part]) -> dict[Part, Content]:
        if table.current_snapshot() is None:
            return {}
        wanted = set(parts)
        scan = table.scan(row_filter=_filter(parts))
        tasks = defaultdict(list)
        for task in scan.plan_files():
            if part_of(task.file) in wanted:
                tasks[part_of(task.file)].append(task)
        reader = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
        return {
            part: Content(
                tuple(task.file for task in of_part),
                reader.to_table(of_part).select(arrow.SCHEMA.names).cast(arrow.SCHEMA).combine_chunks(),
            )
            for part, of_part in tasks.items()
        }

    def _keep(self, part: Part, content: Content) -> None:
        replaced = self._cache.pop(part, _EMPTY)
        self._cache[part] = content
        # A table's size is dear to ask for: of what changes, not of all that is kept.
        self._cached_bytes += content.rows.nbytes - replaced.rows.nbytes
        while self._cached_bytes > CACHE_BYTES and len(self._cache) > 1:
            self._cached_bytes -= self._cache.popitem(last=False)[1].rows.nbytes

    def _forget(self) -> None:
        self._cache.clear()
        self._cached_bytes = 0

    def _opened(self) -> Table:
        if self._table is None:
            raise RuntimeError("the sink is not open")
        return self._table


def _since(content: Content, generation: int) -> Content:
    return content._replace(rows=content.rows.filter(pc.field("generation") >= generation))


def _merge(stored: pa.Table, new: pa.Table, repair: bool) -> tuple[pa.Table, int]:
    """The newest row of each key, sorted by source and date; and how many of `new` those are.

    Of two that are equally new the stored one stays, unless `repair`.
    """
    both = pa.concat_tables([stored, new]).combine_chunks()
    is_new = pa.array(np.arange(len(both)) >= len(stored))
    ranked = both.select(_RANK).append_column("is_new", is_new)
    order = pc.sort_indices(
        ranked,
        sort_keys=[
            *((name, "ascending") for name in _RANK),
            ("is_new", "ascending" if repair else "descending"),
        ],
    )
    keys = ranked.select(("source", "date")).take(order)
    newest = np.ones(len(both), bool)  # the last of those with its key
    newest[:-1] = False
    for column in keys.columns:
        newest[:-1] |= pc.not_equal(column[:-1], column[1:]).to_numpy()
    kept = order.filter(pa.array(newest))
    count = pc.sum(is_new.take(kept)).as_py() or 0
    return (both.take(kept), count) if count else (stored, 0)


def _where(
    predicate: Callable[..., BooleanExpression], column: str, value: str | int | set[str]
) -> BooleanExpression:
    # pydantic hides the predicates' own constructors from a type checker.
    return predicate(column, value)


def _filter(parts: Sequence[Part]) -> BooleanExpression:
    """The rows of these regions from their first year to their last: little to test each file by.

    The days of the year 9999 have no day after them.
    """
    years = [part.year for part in parts]
    days = _where(GreaterThanOrEqual, "date", f"{min(years):04d}-01-01")
    if max(years) < 9999:
        days = And(days, _where(LessThan, "date", f"{max(years) + 1:04d}-01-01"))
    return And(_where(In, "region", {part.region for part in parts}), days)


def _snapshot_id(table: Table) -> int | None:
    snapshot = table.current_snapshot()
    return snapshot.snapshot_id if snapshot else None
