"""Reads DynamoDB through boto3: a parallel scan, or a Query for each span.

A full read is where verification spends its time, and most of that is the client's generic parsing of each
value's type. So only the compared attributes are asked for, and pages are parsed by msgspec.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import boto3
import msgspec
import pyarrow as pa
from botocore.config import Config

from covid_cli.verify.oracle import COMPARED, EXPECTED_SCHEMA
from covid_cli.verify.stores import Span
from covid_core.rows import ColumnType
from covid_core.settings import DynamoSettings

SEGMENTS: Final = 64
"""Many: DynamoDB Local pays for each page in proportion to its place in its segment."""
THREADS: Final = 4
_REGISTRY: Final = "#sources"
"""Partition of the items that are no rows but list the sources and regions."""

_READ: Final[Mapping[ColumnType, Callable[[str | bool], Any]]] = {
    ColumnType.STRING: str,
    ColumnType.DATE: lambda text: dt.date.fromisoformat(str(text)),
    ColumnType.INT64: int,
    ColumnType.FLOAT64: float,
    ColumnType.BOOL: bool,
}
# Aliases, since some attribute names are reserved words of DynamoDB.
_ALIASES: Final = {f"#a{i}": column.name for i, column in enumerate(COMPARED)}
_PROJECTION: Final = ", ".join(_ALIASES)

Item = dict[str, dict[str, Any]]


class DynamoReader:
    """Reads `settings.table`."""

    def __init__(self, settings: DynamoSettings) -> None:
        self._settings = settings

    def read(self, spans: Sequence[Span] | None, tell: Callable[[int], None]) -> pa.Table:
        """See `Reader`."""
        client = _client(self._settings)
        counter = _Counter(tell)

        def batches(request: dict[str, Any]) -> list[pa.RecordBatch]:
            call = client.scan if spans is None else client.query
            return [counter.counted(_batch(page)) for page in _pages(call, request)]

        requests = list(self._scans() if spans is None else self._queries(spans))
        try:
            with ThreadPoolExecutor(THREADS, thread_name_prefix="verify-dynamodb") as pool:
                read = [batch for batches_ in pool.map(batches, requests) for batch in batches_]
        finally:
            client.close()
        return pa.Table.from_batches(read, schema=EXPECTED_SCHEMA)

    def _scans(self) -> Iterator[dict[str, Any]]:
        for segment in range(SEGMENTS):
            yield self._request() | {"Segment": segment, "TotalSegments": SEGMENTS}

    def _queries(self, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
        for span in spans:
            yield self._request() | {
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
                "ExpressionAttributeValues": {
                    ":pk": {"S": f"{span.source}#{span.region}"},
                    ":first": {"S": span.first.isoformat()},
                    ":last": {"S": span.last.isoformat()},
                },
            }

    def _request(self) -> dict[str, Any]:
        return {
            "TableName": self._settings.table,
            "ConsistentRead": True,
            "ProjectionExpression": f"pk, {_PROJECTION}",
            "ExpressionAttributeNames": _ALIASES,
        }


class _Counter:
    """Counts rows over all threads."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._rows = 0

    def counted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        with self._lock:
            self._rows += batch.num_rows
            self._tell(self._rows)
        return batch


def _parse_quickly(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take the items out before botocore walks through them value by value."""
    if response_dict["status_code"] != 200:
        return
    answer: dict[str, Any] = msgspec.json.decode(response_dict["body"])
    customized_response_dict["Items"] = answer.pop("Items")
    response_dict["body"] = msgspec.json.encode(answer)


def _client(settings: DynamoSettings) -> Any:
    client: Any = boto3.session.Session().client(
        "dynamodb",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        config=Config(max_pool_connections=THREADS, connect_timeout=5, retries={"mode": "standard"}),
    )
    for operation in ("Scan", "Query"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _parse_quickly)
    return client


def _pages(call: Callable[..., Any], request: dict[str, Any]) -> Iterator[list[Item]]:
    while True:
        answer = call(**request)
        yield [item for item in answer["Items"] if item["pk"]["S"] != _REGISTRY]
        if not answer.get("LastEvaluatedKey"):
            return
        request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _batch(items: Iterable[Item]) -> pa.RecordBatch:
    columns: list[list[Any]] = [[] for _ in COMPARED]
    readers = [
        (column.name, _READ[column.type], values) for column, values in zip(COMPARED, columns, strict=True)
    ]
    for item in items:
        for name, read, values in readers:
            typed = item.get(name)
            values.append(None if typed is None else read(next(iter(typed.values()))))
    arrays = [pa.array(values, field.type) for values, field in zip(columns, EXPECTED_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=EXPECTED_SCHEMA)
