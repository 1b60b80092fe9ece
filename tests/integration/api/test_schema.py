"""The OpenAPI document kept to its word, by generated requests, right and wrong ones (Schemathesis).

50 requests an operation; with COVID_TEST_EXAMPLES=1000 in the environment, so many (docs/security.md).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from covid_core.keys import Scope
from tests.integration.api.test_access import bearer, covid_keys

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

EXAMPLES = int(os.environ.get("COVID_TEST_EXAMPLES", "50"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
STREAM = "/v1/stream"
LINE = 16_000
"""Bytes."""
OPERATIONS = [
    ("get", "/v1/sources"),
    ("get", "/v1/measures"),
    ("get", "/v1/datapackage.json"),
    ("get", "/v1/pipeline"),
    ("get", "/v1/regions"),
    ("get", "/v1/metrics"),
    ("get", "/v1/corrections"),
    ("get", "/v1/corrections.atom"),
    ("get", "/v1/alerts"),
    ("get", "/v1/alerts.atom"),
    ("get", "/v1/disagreements"),
    ("get", "/v1/nowcast"),
    ("get", "/v1/explain"),
    ("get", "/v1/revisions"),
    ("get", "/v1/charts/{region}.{form}"),
    ("get", STREAM),
    ("get", "/v1/records"),
    ("get", "/v1/records/history"),
    ("post", "/v1/records"),
    ("delete", "/v1/records"),
    ("post", "/v1/records/withdraw"),
    ("get", "/v1/keys"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
]


@pytest.fixture(scope="module")
def asked(start: Callable[..., Any], stored: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A service that nobody asks too often, its document, and a key that may do everything."""
    listed = tmp_path_factory.mktemp("schema") / "keys"
    key = covid_keys(listed, "create", "schema", "--scope", Scope.ADMIN)
    with start(COVID_API_KEYS=str(listed), COVID_API_RATE="0") as service:
        document = service.client.get("/openapi.json").json()
        yield schemathesis.openapi.from_dict(document), service, key


def test_every_operation_is_asked(asked: Any) -> None:
    schema, _, _ = asked
    documented = {
        (method, path) for path, methods in schema.raw_schema["paths"].items() for method in methods
    }
    assert documented == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_documented(asked: Any, method: str, path: str) -> None:
    schema, service, key = asked
    client = service.client
    operation = schema[path][method]
    cases = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Case) -> None:
        _hurry(case)
        assume(_fits(service.url, case))
        answer = _first_of_stream(client, case) if path == STREAM else _send(session, service.url, key, case)
        case.validate_response(answer, checks=CHECKS)

    with requests.Session() as session:
        ask()
    assert "Traceback" not in service.log.read_text()


def _fits(url: str, case: Case) -> bool:
    """Whether the HTTP server takes the request's line; a longer one it refuses before the API sees it."""
    asked = case.as_transport_kwargs(base_url=url)
    return len(requests.Request(case.method, asked["url"], params=asked["params"]).prepare().url or "") < LINE


def _hurry(case: Case) -> None:
    """Nothing merges here what is written, so to wait for it only takes time."""
    wait = case.query.get("wait") if case.query else None
    if isinstance(wait, int | float) and wait > 0:
        case.query["wait"] = min(wait, 0.01)
    elif case.method in ("DELETE", "POST") and wait is None:
        case.query = {**(case.query or {}), "wait": 0}


def _send(session: requests.Session, url: str, key: str, case: Case) -> Any:
    return case.call(base_url=url, session=session, headers=bearer(key), timeout=30)


def _first_of_stream(client: httpx.Client, case: Case) -> httpx.Response:
    """The answer as far as its first event: it has no end."""
    asked = case.as_transport_kwargs(base_url=str(client.base_url))
    request = {name: asked[name] for name in ("method", "url", "params", "headers")}
    with client.stream(**request) as answer:
        content = next(answer.iter_bytes()) if answer.is_success else answer.read()
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
    read = httpx.Response(answer.status_code, headers=headers, content=content, request=answer.request)
    read.elapsed = dt.timedelta()
    return read
