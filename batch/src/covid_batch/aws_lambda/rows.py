"""Rows of a region out of the table that the DynamoDB sink keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from covid_core.rows import COLUMNS, ColumnType, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READ: Final[Mapping[ColumnType, Callable[[Any], Any]]] = {
    ColumnType.STRING: lambda value: value["S"],
    ColumnType.DATE: lambda value: dt.date.fromisoformat(value["S"]),
    ColumnType.INT64: lambda value: int(value["N"]),
    ColumnType.FLOAT64: lambda value: float(value["N"]),
    ColumnType.BOOL: lambda value: value["BOOL"],
}


def read(client: DynamoDBClient, table: str, partition: str, first: dt.date, last: dt.date) -> Sequence[Row]:
    """The live rows of a partition, `source#region`, from `first` to `last` (included), by date.

    Raises `ClientError`.
    """
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": {"S": partition},
            ":first": {"S": first.isoformat()},
            ":last": {"S": last.isoformat()},
        },
    )
    rows = (_row(item) for page in pages for item in page["Items"])
    return [row for row in rows if not row.deleted]


def _row(item: Mapping[str, Any]) -> Row:
    """What is null has no attribute."""
    known = ((column, item[column.name]) for column in COLUMNS if column.name in item)
    return Row(**{column.name: _READ[column.type](value) for column, value in known})
