"""A DynamoDB table that is filled quickly, for measurements of who reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.stack import Servers
from covid_api.dynamo import make_client
from covid_core.rows import Row
from covid_core.settings import DynamoSettings
from covid_sinks.dynamodb import THREADS, DynamoSink, item_of

_BATCH = 25
"""Most items of one BatchWriteItem (a limit of DynamoDB)."""


def filled(stack: Servers, rows: Sequence[Row]) -> None:
    """The sink's table with these rows: a row of each source and region by the sink, the others in bulk."""
    settings = stack.settings(DynamoSettings)
    sink = DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
    sink.open()
    sink.write(list({(row.source, row.region): row for row in rows}.values()))
    sink.close()
    client: Any = make_client(settings)

    def put(start: int) -> None:
        requests = [{"PutRequest": {"Item": item_of(row)}} for row in rows[start : start + _BATCH]]
        while requests:
            left = client.batch_write_item(RequestItems={settings.table: requests}).get("UnprocessedItems")
            requests = (left or {}).get(settings.table, [])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, range(0, len(rows), _BATCH)))
