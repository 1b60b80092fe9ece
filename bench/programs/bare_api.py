"""Starlette and the raw DynamoDB call, nothing else: `python -m bench.programs.bare_api PORT TABLE`.

The client is the API's own, whose parser is several times as fast as botocore's, and it has as many threads.
"""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from covid_api.dynamo import THREADS, make_client
from covid_core.environment import load
from covid_core.settings import DynamoSettings

_threads = ThreadPoolExecutor(THREADS)
_client: Any = make_client(load(DynamoSettings, os.environ, str))
_table = sys.argv[2] if len(sys.argv) > 2 else ""


async def metrics(request: Request) -> Response:
    """The items of a partition between two days."""
    asked = request.query_params
    query = {
        "TableName": _table,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":pk": {"S": f"{asked['source']}#{asked['region']}"},
            ":first": {"S": asked["from"]},
            ":last": {"S": asked["to"]},
        },
    }
    return await _answer(lambda: _client.query(**query)["Items"])


async def record(request: Request) -> Response:
    """One item, read consistently."""
    source, region, day = request.query_params["id"].split(":")
    keys = {_table: {"Keys": [{"pk": {"S": f"{source}#{region}"}, "sk": {"S": day}}], "ConsistentRead": True}}
    return await _answer(lambda: _client.batch_get_item(RequestItems=keys)["Responses"][_table])


async def _answer(call: Any) -> Response:
    items = await asyncio.get_running_loop().run_in_executor(_threads, call)
    return Response(msgspec.json.encode({"data": items}), media_type="application/json")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v1/metrics", metrics), Route("/v1/records", record)])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
