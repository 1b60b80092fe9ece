"""An extract with the tables `batch_metrics` and `batch_regions`, written by Hyper."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
from tableauhyperapi import (
    Connection,
    CreateMode,
    HyperException,
    HyperProcess,
    Inserter,
    Nullability,
    SqlType,
    TableDefinition,
    TableName,
    Telemetry,
)

from covid_batch.stores.errors import Unusable
from covid_core.errors import first_line

SCHEMA: Final = "Extract"
"""Where Tableau looks for the tables of an extract."""
_TYPES: Final = {
    pa.string(): SqlType.text(),
    pa.date32(): SqlType.date(),
    pa.int64(): SqlType.big_int(),
    pa.float64(): SqlType.double(),
    pa.bool_(): SqlType.bool(),
}
_TELEMETRY: Final = Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
_QUIET: Final = {"log_config": ""}
"""Hyper writes no log into the working directory."""


def write(tables: Mapping[str, pa.Table], path: Path) -> None:
    """Write the tables to an extract, in place of one that is there; it appears whole or not at all.

    Raises `Unusable` where Hyper cannot write it.
    """
    draft = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.hyper")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            HyperProcess(_TELEMETRY, "covid-batch", parameters=_QUIET) as hyper,
            Connection(hyper.endpoint, draft, CreateMode.CREATE) as connection,
        ):
            connection.catalog.create_schema(SCHEMA)
            for name, table in tables.items():
                _fill(connection, name, table)
        os.replace(draft, path)  # noqa: PTH105 - at once, also over an earlier one
    except (HyperException, OSError) as error:
        raise Unusable(f"{path} cannot be written: {first_line(error)}") from error
    finally:
        draft.unlink(missing_ok=True)


def _fill(connection: Connection, name: str, table: pa.Table) -> None:
    columns = [
        TableDefinition.Column(field.name, _TYPES[field.type], Nullability.NULLABLE) for field in table.schema
    ]
    definition = TableDefinition(TableName(SCHEMA, name), columns)
    connection.catalog.create_table(definition)
    with Inserter(connection, definition) as inserter:
        for batch in table.to_batches():
            inserter.add_rows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        inserter.execute()
