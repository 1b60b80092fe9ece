"""Rows from DynamoDB into a file: `python -m bench.programs.bare_export TABLE`.

Reads a region after the other by the API's own client, a page of 1 MB at a time, turns the items into Arrow,
and lets pyarrow write CSV or Parquet (for JSON, which it cannot write, msgspec). Everything is in memory.

Reads questions `{"source", "regions", "format", "folder"}` and answers with the seconds that they took.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from bench.served import answering
from covid_api.dynamo import make_client
from covid_core.environment import load
from covid_core.rows import COLUMNS, ColumnType
from covid_core.settings import DynamoSettings

_TYPES: dict[ColumnType, tuple[str, Any, pa.DataType]] = {
    ColumnType.STRING: ("S", str, pa.string()),
    ColumnType.DATE: ("S", dt.date.fromisoformat, pa.date32()),
    ColumnType.INT64: ("N", int, pa.int64()),
    ColumnType.FLOAT64: ("N", float, pa.float64()),
    ColumnType.BOOL: ("BOOL", bool, pa.bool_()),
}
_client: Any = make_client(load(DynamoSettings, os.environ, str))


def export(question: Any) -> float:
    """Seconds of one export."""
    begun = time.perf_counter()
    items = list(_items(question["source"], question["regions"]))
    arrays = []
    for column in COLUMNS:
        kind, convert, arrow = _TYPES[column.type]
        cells = (item.get(column.name) for item in items)
        arrays.append(pa.array([None if cell is None else convert(cell[kind]) for cell in cells], arrow))
    table = pa.table(arrays, names=[column.name for column in COLUMNS])
    path, form = Path(question["folder"]) / "bare_export", question["format"]
    if form == "csv":
        pyarrow.csv.write_csv(table, path)
    elif form == "parquet":
        pyarrow.parquet.write_table(table, path, compression="zstd")
    elif form == "ndjson":
        path.write_bytes(msgspec.json.Encoder().encode_lines(table.to_pylist()))
    else:
        path.write_bytes(msgspec.json.encode({"data": table.to_pylist()}))
    return time.perf_counter() - begun


def _items(source: str, regions: list[str]) -> Iterator[Any]:
    for region in regions:
        query: dict[str, Any] = {
            "TableName": sys.argv[1],
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{source}#{region}"}},
        }
        while True:
            answer = _client.query(**query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


if __name__ == "__main__":
    answering(export)
