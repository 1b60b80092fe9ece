"""The rows that the stream has written to `covid.metrics`: of each key the newest."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from covid_cli.verify.oracle import EXPECTED_SCHEMA
from covid_cli.verify.positions import Positions
from covid_core import messages, topics
from covid_core.rows import Row
from covid_process.topic import messages as messages_of


def newest(connection: Mapping[str, Any]) -> list[Row]:
    """Every key's row of the greatest revision, from the topic's beginning to its present end.

    `connection`: librdkafka's connection properties. Raises `KafkaException` or `BrokerSilent`.
    """
    found: dict[tuple[str, str, dt.date], Row] = {}
    ends = Positions(connection).ends(topics.METRICS)
    for message in messages_of(connection, topics.METRICS, {}, ends):
        for row in messages.decode(message.value()):
            key = row.source, row.region, row.date
            if key not in found or found[key].revision <= row.revision:
                found[key] = row
    return [found[key] for key in sorted(found)]


def write(rows: list[Row], file: Path) -> None:
    """One Parquet file, in place of one that is there; it appears whole or not at all."""
    columns = {name: [getattr(row, name) for row in rows] for name in EXPECTED_SCHEMA.names}
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        pq.write_table(pa.table(columns, schema=EXPECTED_SCHEMA), draft)
        os.replace(draft, file)  # noqa: PTH105 - at once, also over an earlier one
    finally:
        draft.unlink(missing_ok=True)
