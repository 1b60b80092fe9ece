"""A request's way through the code of API, stream and sinks, in one process and without Kafka between them.

A process of its own, since OpenTelemetry's provider is set once a process. Prints the Kafka headers of the
record, as JSON. The first argument says how: `well`, or `badly`: API and store are at fault.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
import time

import httpx
from fastapi import FastAPI, Request

from covid_api.context import RequestContext, record_headers
from covid_api.telemetry import Telemetry
from covid_api.tracing import TELEMETRY
from covid_core import topics
from covid_core.partitioning import partition_of
from covid_core.region_state import Head, advance
from covid_core.replay import Kept
from covid_process import tracing
from covid_sinks.contract import Message
from covid_sinks.tracing import traced
from covid_stream.inbox import Arrival, sort
from covid_stream.outputs import metrics_messages

REGION, PARTITIONS, AT = "CA-NU", 4, dt.datetime(2021, 1, 3, tzinfo=dt.UTC)
VALUE = b'{"source": "my-lab", "region": "CA-NU", "date": "2021-01-03", "confirmed": 9}'
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Of another request, whose row is in the same batch of the sink."""


async def posted(how: str) -> dict[str, str]:
    """The Kafka headers that the API gives a record."""
    found: dict[str, str] = {}

    app = FastAPI(telemetry=TELEMETRY)
    app.add_middleware(RequestContext, telemetry=Telemetry())

    @app.post("/v1/records", status_code=202)
    async def write(request: Request) -> dict[str, str]:
        found.update(record_headers(request.state.request_id, "api:1", 1)[0])
        if how == "badly":
            raise RuntimeError("a fault of the API")
        return {}

    @app.get("/healthz")
    async def healthy() -> dict[str, str]:
        return {}

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        await client.get("/healthz")
        await client.post("/v1/records", headers={"traceparent": os.environ.get("CALLER", CALLER)})
    return found


def streamed(headers: dict[str, str]) -> Message:
    """The message of `covid.metrics` that the stream makes of it, beside a record of a file."""
    home = partition_of(REGION, PARTITIONS)
    carried = [(name, value.encode()) for name, value in headers.items()]
    arrivals = [
        Arrival(VALUE, home, 5, AT, carried),
        Arrival(VALUE.replace(b"my-lab", b"phac"), home, 6, AT, [(topics.Header.FILE, b"a.csv 1")]),
    ]
    inbox = sort(REGION, arrivals, PARTITIONS)
    _, rows = advance(REGION, Head(), Kept(), inbox.logged, 1)
    (output,) = metrics_messages(REGION, rows, inbox.traceparents)
    return Message(output.topic, 0, 7, 0, output.key, output.value, tuple(output.headers))


def main(how: str) -> None:
    """One request, one batch of the sink of RDS."""
    flush = tracing.configure("covid-api", os.environ)
    headers = asyncio.run(posted(how))
    message = streamed(headers)
    untraced = message._replace(offset=8, headers=())
    other = message._replace(offset=9, headers=((topics.Header.TRACEPARENT, OTHER.encode()),))
    try:
        with traced(topics.sink_group("rds"), message.topic, [message, untraced, other]):
            if how == "badly":
                raise RuntimeError("the store is at fault")
    except RuntimeError:
        pass
    with traced(topics.sink_group("rds"), message.topic, [untraced]):
        pass
    ended = time.monotonic()
    flush()
    seconds = time.monotonic() - ended
    print(json.dumps({**headers, "seconds": seconds, "sdk": "opentelemetry.sdk" in sys.modules}))


if __name__ == "__main__":
    main(sys.argv[1])
