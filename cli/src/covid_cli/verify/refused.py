"""The rows that sinks refused: what stands on `covid.metrics.dlq`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from msgspec.structs import astuple

from covid_cli.dlq.letters import standing
from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA
from covid_core import messages as packed
from covid_core import topics
from covid_core.dlq import DeadLetter
from covid_core.rows import Row


def refused_rows(connection: Mapping[str, Any], end: Mapping[int, int]) -> pa.Table:
    """The newest refused row of each key, as a table of `EXPECTED_SCHEMA`.

    A letter says what was refused but not by which store, so a row counts for every store.
    `connection`: librdkafka's connection properties.
    """
    newest: dict[tuple[str, str, str], Row] = {}
    for one in standing(connection, topics.METRICS_DLQ, end).values():
        for row in _rows(one.letter):
            key = row.source, row.region, row.date.isoformat()
            if key not in newest or _order(row) >= _order(newest[key]):
                newest[key] = row
    columns = [[getattr(row, column.name) for row in newest.values()] for column in COMPARED]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, EXPECTED_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=EXPECTED_SCHEMA)


def _rows(letter: DeadLetter | None) -> list[Row]:
    """The rows of a letter that the oracle could expect: what fits no column excuses no difference."""
    try:
        rows = packed.decode(letter.raw if letter is not None else None)
    except packed.BadMessage:
        return []  # a letter about a whole message: its rows are unknown, so their differences stay unexcused
    return [row for row in rows if _fits(row)]


def _fits(row: Row) -> bool:
    """Whether every integer is one of 64 bits; a message of JSON may carry greater ones."""
    return all(abs(value) < 2**63 for value in astuple(row) if isinstance(value, int))


def _order(row: Row) -> tuple[int, int]:
    return row.generation, row.revision
