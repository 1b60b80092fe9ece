"""Row 1: the log to DynamoDB Local."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from bench import data, sinking
from bench.measure import Arm, interleaved
from bench.results import Goal, Line
from bench.row import Scale
from bench.stack import Servers, servers
from covid_core.rows import Row as MetricsRow
from covid_core.settings import DynamoSettings
from covid_sinks import dynamodb

COUNT = 10_000
SINGLE = 1_000
_CONDITION = "attribute_not_exists(pk) OR generation < :g OR (generation = :g AND revision < :r)"


def measured(scale: Scale) -> list[Line]:
    """The sink against a loop that only writes; and its transactions against single puts."""
    count = scale.of(COUNT, dynamodb.CHUNK)
    loads = sinking.loads(scale.rounds, count)
    with servers() as stack:
        with sinking.sinking(stack, "dynamodb", loads) as ours, loop(stack, loads) as bare:
            pairs = interleaved(ours, bare, scale.rounds)
        single = interleaved(
            _adapter(stack, "transactions", dynamodb.CHUNK, scale), _adapter(stack, "single", 1, scale),
            scale.rounds,
        )  # fmt: skip
    return [
        Line(
            what="log to DynamoDB Local",
            reference="bare loop of the same transactions of 100 conditional puts, ready made, 4 threads",
            unit="rows/s",
            pairs=pairs,
            goals=(Goal(0.85, at_least=True),),
        ),
        Line(
            what="the adapter alone, in transactions of 100 conditional puts",
            reference="the adapter alone, every conditional put by itself",
            unit="rows/s",
            pairs=single,
        ),
    ]


@contextmanager
def loop(stack: Servers, loads: Sequence[Sequence[MetricsRow]]) -> Iterator[Arm]:
    """The reference: nothing but the requests, which stand ready, from as many threads as the sink's."""
    settings = replace(stack.settings(DynamoSettings), table="bench_loop")
    sink = dynamodb.DynamoSink(settings, _now)
    sink.open()  # the same table
    client: Any = sink._client
    requests = [list(_requests(settings.table, load)) for load in loads]
    with ThreadPoolExecutor(dynamodb.THREADS) as pool:

        def arm(number: int) -> float:
            begun = time.perf_counter()
            list(pool.map(lambda puts: client.transact_write_items(TransactItems=puts), requests[number]))
            return len(loads[number]) / (time.perf_counter() - begun)

        list(pool.map(lambda puts: client.transact_write_items(TransactItems=puts), _warm(settings.table)))
        yield arm
    sink.close()


def _requests(table: str, rows: Sequence[MetricsRow]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), dynamodb.CHUNK):
        items = map(dynamodb.item_of, rows[start : start + dynamodb.CHUNK])
        yield [
            {
                "Put": {
                    "TableName": table,
                    "Item": item,
                    "ConditionExpression": _CONDITION,
                    "ExpressionAttributeValues": {":g": item["generation"], ":r": item["revision"]},
                }
            }
            for item in items
        ]


def _warm(table: str) -> list[list[Any]]:
    return list(_requests(table, data.rows(sinking.WARM_ROWS, "warm")))


def _adapter(stack: Servers, name: str, chunk: int, scale: Scale) -> Arm:
    settings = replace(stack.settings(DynamoSettings), table=f"bench_{name}")
    sink = dynamodb.DynamoSink(settings, _now, chunk=chunk)
    sink.open()
    count = scale.of(SINGLE, dynamodb.CHUNK)
    loads = sinking.loads(scale.rounds, count)

    def arm(number: int) -> float:
        rows = loads[number]
        begun = time.perf_counter()
        sink.write(rows)
        return count / (time.perf_counter() - begun)

    return arm


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
