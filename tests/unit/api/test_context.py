"""Ids that travel with a request into the log."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from covid_api.context import RequestContext, record_headers, request_id_of
from covid_api.telemetry import Telemetry

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize("given", ["abc", "A-1_b.c:9", "x" * 64])
def test_a_plain_request_id_is_kept(given: str) -> None:
    assert request_id_of({"x-request-id": given}) == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", "é"])
def test_any_other_is_replaced(given: str) -> None:
    made = request_id_of({"x-request-id": given})
    assert made != given
    assert made != request_id_of({})


def test_each_record_has_its_own_request_id() -> None:
    assert record_headers("r", "api:1", 2) == [
        {"actor": "api:1", "request_id": "r:0"},
        {"actor": "api:1", "request_id": "r:1"},
    ]


def headers_of(**given: str) -> dict[str, str]:
    """The Kafka headers of a record that a request with these headers writes."""
    found: dict[str, str] = {}

    async def write(request: Request) -> JSONResponse:
        found.update(record_headers(request.state.request_id, "api:1", 1)[0])
        return JSONResponse({})

    async def call() -> None:
        app = RequestContext(Starlette(routes=[Route("/v1/records", write)]), Telemetry())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
            await client.get("/v1/records", headers=given)

    asyncio.run(call())
    return found


def test_a_valid_traceparent_travels_along() -> None:
    assert headers_of(traceparent=TRACEPARENT)["traceparent"] == TRACEPARENT


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x" + TRACEPARENT,
        TRACEPARENT + "-00",
        TRACEPARENT.upper(),
        "ff" + TRACEPARENT[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_an_invalid_one_does_not(given: str) -> None:
    found = headers_of(traceparent=given)
    assert found["actor"] == "api:1"
    assert "traceparent" not in found
