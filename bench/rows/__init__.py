"""The rows of the table, a module each."""

from __future__ import annotations

from typing import Final

from bench.row import Row
from bench.rows import (
    api,
    backfill,
    catch_up,
    dynamodb,
    export,
    iceberg,
    latency,
    new_day,
    peers,
    relational,
    runner,
    start,
    stream,
    world,
)

ROWS: Final[tuple[Row, ...]] = (
    dynamodb.ROW,
    relational.ROW,
    iceberg.ROW,
    runner.ROW,
    stream.ROW,
    new_day.ROW,
    latency.ROW,
    backfill.ROW,
    api.ROW,
    export.ROW,
    start.ROW,
    catch_up.ROW,
    world.ROW,
    peers.ROW,
)
"""By number."""
