"""An extract as Hyper reads it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from tableauhyperapi import Connection, Date, HyperProcess, Telemetry

from covid_cli.verify.oracle import EXPECTED_SCHEMA


def rows_of(extract: Path) -> pa.Table:
    """The table `batch_metrics` in the columns that are compared with the oracle."""
    names = EXPECTED_SCHEMA.names
    listed = ", ".join(f'"{name}"' for name in names)
    with (
        HyperProcess(
            Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "covid-cli", parameters={"log_config": ""}
        ) as hyper,
        Connection(hyper.endpoint, extract) as connection,
    ):
        found = connection.execute_list_query(f'SELECT {listed} FROM "Extract"."batch_metrics"')  # noqa: S608
    columns = zip(*found, strict=True) if found else [()] * len(names)
    arrays = [
        pa.array(map(_plain, column), type=field.type)
        for column, field in zip(columns, EXPECTED_SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=EXPECTED_SCHEMA)


def _plain(value: Any) -> Any:
    return value.to_date() if isinstance(value, Date) else value
