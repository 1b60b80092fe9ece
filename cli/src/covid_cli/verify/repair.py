"""Puts stores right by messages of `covid.metrics`, never by a write to a store."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import duckdb

from covid_cli.verify.compare import RELATIVE, Key, key_table
from covid_cli.verify.oracle import COMPARED, UNCOMPARED
from covid_core import messages as packed
from covid_core import topics
from covid_core.partitioning import partition_of
from covid_core.rows import Row, newer
from covid_process.sending import Outgoing, send
from covid_process.topic import messages, place

_NAMES: Final = tuple(column.name for column in COMPARED)
_WANTED: Final = (
    f"SELECT {', '.join(f'expected.{name}' for name in _NAMES)} "  # noqa: S608  # names of ours
    "FROM expected JOIN wanted_keys USING (source, region, date)"
)


class Basis(NamedTuple):
    """What a comparison rests on, as end offsets by partition.

    `records_end`: of `covid.records`, up to which the expected rows were computed. `metrics_end`: of
    `covid.metrics`, up to which the stores had their rows at least.
    """

    records_end: Mapping[int, int]
    metrics_end: Mapping[int, int]


def repairs(
    duck: duckdb.DuckDBPyConnection,
    wanted: Sequence[Key],
    connection: Mapping[str, Any],
    basis: Basis,
    metrics_end: Mapping[int, int],
) -> list[Row]:
    """The row that each of these keys should have, as the sinks take it; a tombstone where there is none.

    It is the row that the stream sent last, where that says what the oracle expects, and else the oracle's
    with the revision and lineage of that. What was never sent, since somebody wrote it into a store, gets a
    tombstone of the newest revision that its region could have. A key is left out where the row that was
    sent last follows from records that the oracle has not read, or is of a generation that began since.

    `duck` holds the table `expected`, computed from what `basis` says; `connection` are librdkafka's
    properties, and `metrics_end` is where `covid.metrics` ends now. Raises `KafkaException`, `BrokerSilent`.
    """
    sent, generation = _sent(connection, basis.metrics_end, metrics_end, frozenset(wanted))
    expected = _expected(duck, wanted)
    found = []
    for key in wanted:
        end = basis.records_end.get(partition_of(key[1], len(basis.records_end)), 0)
        never = Row(*key, revision=end, generation=generation, deleted=True)
        last = sent.get(key, never)
        if newer(last, (generation, end)):
            continue  # the expected row is older, and a repair would replace this one by it
        row = expected.get(key, {"deleted": True})
        found.append(last if _says(last, row) else _placed(key, row, last))
    return found


def publish(connection: Mapping[str, Any], rows: Iterable[Row]) -> int:
    """Send rows to the sinks, marked as repairs; how many. In the log when it returns.

    Raises `KafkaException` when the broker does not take them.
    """
    ordered = sorted(rows, key=_region)
    mark = ((topics.Header.REPAIR, b"1"),)
    send(
        connection,
        (
            Outgoing(topics.METRICS, region, value, mark)
            for region, of_region in groupby(ordered, key=_region)
            for value in packed.encode(list(of_region))
        ),
    )
    return len(ordered)


def _region(row: Row) -> str:
    return row.region


def _sent(
    connection: Mapping[str, Any], compared: Mapping[int, int], end: Mapping[int, int], wanted: frozenset[Key]
) -> tuple[dict[Key, Row], int]:
    """The newest row of each key that was sent up to `end`, and the newest generation up to `compared`."""
    found: dict[Key, Row] = {}
    generation = 1
    for message in messages(connection, topics.METRICS, {}, end):
        partition, offset = place(message)
        known = offset < compared.get(partition, 0)
        for row in _rows(message.value()):
            if known:
                generation = max(generation, row.generation)
            key = row.source, row.region, row.date
            if key not in wanted:
                continue
            before = found.get(key)
            # Of one revision the first counts, as for the sinks: an earlier repair is no source.
            if newer(row, None if before is None else (before.generation, before.revision)):
                found[key] = row
    return found, generation


def _rows(value: bytes | None) -> list[Row]:
    try:
        return packed.decode(value)
    except packed.BadMessage:
        return []  # the sinks refuse it, too


def _expected(duck: duckdb.DuckDBPyConnection, wanted: Sequence[Key]) -> dict[Key, dict[str, Any]]:
    duck.register("wanted_keys", key_table(wanted))
    try:
        duck.execute(_WANTED)
        rows = [dict(zip(_NAMES, row, strict=True)) for row in duck.fetchall()]
    finally:
        duck.unregister("wanted_keys")
    return {(row["source"], row["region"], row["date"]): row for row in rows}


def _says(row: Row, expected: Mapping[str, Any]) -> bool:
    if row.deleted or expected["deleted"]:
        return row.deleted == expected["deleted"] and all(
            getattr(row, column.name) is None for column in COMPARED if column.nullable
        )
    return all(_same(getattr(row, column.name), expected[column.name]) for column in COMPARED)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=RELATIVE, abs_tol=RELATIVE)
    return bool(left == right)


def _placed(key: Key, expected: Mapping[str, Any], last: Row) -> Row:
    cells = {} if expected["deleted"] else dict(expected)
    cells |= {name: getattr(last, name) for name in UNCOMPARED}
    source, region, date = key
    cells |= {"source": source, "region": region, "date": date, "deleted": expected["deleted"]}
    return Row(**cells)
