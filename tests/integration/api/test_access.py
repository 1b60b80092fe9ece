"""Who is let in, seen from outside: scopes, revoking without a restart, closed reads, limits, headers."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect, sync_playwright

from covid_api.history import History
from covid_api.log_reader import LogReader
from covid_api.turn import Turn
from covid_core import keys, topics
from covid_core.records import RecordKey
from covid_process.kept import KeptConsumer
from tests.e2e.browser.site import SCREENSHOTS
from tests.integration.api.test_errors import assert_problem

pytestmark = pytest.mark.integration

RECORD = {"source": "access", "region": "CA-ON", "date": "2021-01-02", "confirmed": 5}
ID = {"id": "access:CA-ON:2021-01-02"}
WRITES = [
    ("POST", "/v1/records", {}),
    ("DELETE", "/v1/records", {**ID, "wait": "0"}),
    ("POST", "/v1/records/withdraw", {**ID, "wait": "0"}),
]


def covid_keys(path: Path, *arguments: str) -> str:
    """`covid keys` as a process; what it prints."""
    answer = subprocess.run(
        [sys.executable, "-m", "covid_cli", "keys", *arguments, "--file", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return answer.stdout.strip()


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "list"


@pytest.fixture(scope="module")
def texts(listed: Path) -> dict[str, str]:
    """A key of each scope."""
    return {scope: covid_keys(listed, "create", scope, "--scope", scope) for scope in keys.Scope}


@pytest.fixture(scope="module")
def closed(start: Callable[..., Any], stored: Any, listed: Path, texts: dict[str, str]) -> Iterator[Any]:
    """A service whose reads need a key too, and whose keys are those of the list."""
    with start(COVID_API_KEYS=str(listed), COVID_API_READS="keyed", COVID_API_WRITE_KEYS="") as service:
        yield service


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(("method", "path", "query"), WRITES)
def test_a_write_needs_a_key_that_may_write(
    closed: Any, texts: dict[str, str], method: str, path: str, query: dict[str, str]
) -> None:
    def ask(headers: dict[str, str]) -> httpx.Response:
        body = RECORD if path == "/v1/records" and method == "POST" else None
        answer: httpx.Response = closed.client.request(method, path, params=query, json=body, headers=headers)
        return answer

    assert_problem(ask({}), 401)
    assert_problem(ask(bearer("covid_nobody")), 401)
    refused = ask(bearer(texts["read"]))
    assert_problem(refused, 403)
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    for scope in ("write", "admin"):
        assert ask(bearer(texts[scope])).status_code in (202, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/sources",
        "/v1/regions",
        "/v1/measures",
        "/v1/metrics",
        "/v1/stream",
        "/v1/pipeline",
        "/v1/records?id=phac:CA-ON:2020-02-01",
        "/v1/records/history?id=phac:CA-ON:2020-02-01",
        "/v1/charts/CA-ON.png",
    ],
)
def test_closed_reads_need_a_key(closed: Any, path: str) -> None:
    answer = closed.client.get(path)
    assert_problem(answer, 401)
    # With it a browser asks for the key by itself, and the dashboard works; in one header with the other way
    # Chromium does not see it.
    offered = answer.headers.get_list("www-authenticate")
    assert offered == ['Bearer realm="covid"', 'Basic realm="covid", charset="UTF-8"']


def test_any_key_reads_what_is_closed(closed: Any, texts: dict[str, str]) -> None:
    for text in texts.values():
        assert closed.client.get("/v1/sources", headers=bearer(text)).status_code == 200
        assert closed.client.get("/", auth=("anyone", text)).status_code == 200


def test_a_browser_s_login_never_writes(closed: Any, texts: dict[str, str]) -> None:
    answer = closed.client.post("/v1/records", json=RECORD, auth=("anyone", texts["write"]))
    assert_problem(answer, 401)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_who_watches_needs_no_key(closed: Any, path: str) -> None:
    assert closed.client.get(path).status_code == 200


def test_admins_see_which_keys_there_are(closed: Any, texts: dict[str, str]) -> None:
    assert_problem(closed.client.get("/v1/keys"), 401)
    for scope in ("read", "write"):
        assert_problem(closed.client.get("/v1/keys", headers=bearer(texts[scope])), 403)
    answer = closed.client.get("/v1/keys", headers=bearer(texts["admin"]))
    assert {(entry["name"], entry["scope"]) for entry in answer.json()["data"]} >= {
        (scope, scope) for scope in keys.Scope
    }
    for text in texts.values():
        assert text not in answer.text
        assert keys.digest(text) not in answer.text


def test_a_key_is_made_and_revoked_while_the_service_runs(closed: Any, listed: Path) -> None:
    text = covid_keys(listed, "create", "for a day")
    assert closed.client.get("/v1/sources", headers=bearer(text)).status_code == 200
    covid_keys(listed, "revoke", keys.digest(text)[:8])
    assert "revoked" in assert_problem(closed.client.get("/v1/sources", headers=bearer(text)), 401)["detail"]


def test_a_damaged_list_stops_the_start(
    api_env: dict[str, str], tmp_path: Path, texts: dict[str, str]
) -> None:
    path = tmp_path / "list"
    path.write_text(texts["write"] + "\n")
    answer = subprocess.run(
        [sys.executable, "-m", "covid_api"],
        env={**api_env, "COVID_API_KEYS": str(path), "COVID_API_PORT": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer.returncode == 2
    assert re.fullmatch(r"COVID_API_KEYS: .* line 1 is not a key: .*\n", answer.stderr)
    assert texts["write"] not in answer.stderr


def test_history_names_who_wrote_under_which_request(closed: Any, texts: dict[str, str], source: str) -> None:
    item = {**RECORD, "source": source}
    place = {"id": f"{source}:CA-ON:2021-01-02"}
    client = closed.client
    headers = {**bearer(texts["write"]), "X-Request-ID": "first-write"}
    first = client.post("/v1/records", json=[{**item, "region": "CA-QC"}, item], headers=headers).json()
    headers = {**bearer(texts["admin"]), "X-Request-ID": "undone"}
    client.post("/v1/records/withdraw", params={**place, "wait": 0}, headers=headers)
    answer = client.get("/v1/records/history", params=place, headers=bearer(texts["read"]))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["complete"]
    assert body["id"] == place["id"]
    correction, withdrawal = body["data"]
    assert (correction["kind"], correction["request_id"]) == ("correction", "first-write:1")
    assert correction["actor"] == f"api:{keys.digest(texts['write'])[:8]}"
    assert correction["offset"] == first["records"][1]["offset"]
    assert correction["record"]["confirmed"] == 5
    assert (withdrawal["kind"], withdrawal["request_id"]) == ("withdrawal", "undone:0")
    assert withdrawal["actor"] == f"api:{keys.digest(texts['admin'])[:8]}"
    assert texts["write"] not in answer.text


def test_history_of_a_long_log_says_from_where_it_looked(
    stack: Any, writer: httpx.Client, source: str
) -> None:
    item = {**RECORD, "source": source}
    offsets = [writer.post("/v1/records", json=item).json()["offset"] for _ in range(3)]
    reader = LogReader({"bootstrap.servers": stack.kafka_bootstrap}, KeptConsumer)
    history = History(reader, Turn(), searched=2)
    key = RecordKey(source, "CA-ON", dt.date(2021, 1, 2))
    try:
        found = asyncio.run(history.of(key))
    finally:
        history.close()
    assert not found["complete"]
    assert found["from_offset"] == offsets[1]
    assert [entry["offset"] for entry in found["data"]] == offsets[1:]


def test_history_has_what_was_written_with_escapes(stack: Any, client: httpx.Client, source: str) -> None:
    value = json.dumps({**RECORD, "source": source, "date": "DAY"}).replace("DAY", "2021\\u002d01\\u002d02")
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap, "partitioner": "murmur2_random"})
    producer.produce(topics.RECORDS, value.encode(), b"CA-ON")
    assert producer.flush(20) == 0
    found = client.get("/v1/records/history", params={"id": f"{source}:CA-ON:2021-01-02"})
    assert len(found.raise_for_status().json()["data"]) == 1


def test_history_of_nothing(client: httpx.Client) -> None:
    for record_id, status in (("nobody:CA-ON:2021-01-02", 404), ("merged:CA-ON:2021-01-02", 422)):
        assert_problem(client.get("/v1/records/history", params={"id": record_id}), status)


def test_who_asks_too_often_is_told_when_to_come_back(
    start: Callable[..., Any], stored: Any, listed: Path, texts: dict[str, str]
) -> None:
    with start(COVID_API_KEYS=str(listed), COVID_API_RATE="0.5", COVID_API_BURST="20") as service:
        answers = [service.client.get("/v1/measures") for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        # One for the start's own question to /healthz, and what came back meanwhile.
        assert 8 <= len(refused) <= 12
        assert "ask again" in assert_problem(refused[-1], 429)["detail"]
        assert 1 <= int(refused[-1].headers["retry-after"]) <= 2
        # A key has a count of its own, and so does another key.
        for scope in ("read", "write"):
            answer = service.client.get("/v1/measures", headers=bearer(texts[scope]))
            assert answer.status_code == 200
        # A key that nobody knows has none.
        assert service.client.get("/v1/measures", headers=bearer("covid_new")).status_code == 429
        # Without a proxy to be believed, nobody is another by saying so.
        answer = service.client.get("/v1/measures", headers={"X-Forwarded-For": "192.0.2.1"})
        assert answer.status_code == 429
        assert 'status="429"' in service.client.get("/metrics", headers=bearer(texts["admin"])).text


def test_behind_a_proxy_each_of_its_callers_counts(start: Callable[..., Any], stored: Any) -> None:
    with start(COVID_API_RATE="0.01", COVID_API_BURST="5", COVID_API_PROXIES="127.0.0.0/8") as service:

        def ask(caller: str) -> list[int]:
            headers = {"X-Forwarded-For": caller}
            return [service.client.get("/v1/measures", headers=headers).status_code for _ in range(6)]

        assert ask("192.0.2.1") == [200] * 5 + [429]
        assert ask("192.0.2.2") == [200] * 5 + [429]


@pytest.mark.parametrize(
    "path",
    ["/v1/sources", "/v1/metrics?region=FR", "/v1/records?id=x", "/healthz", "/metrics", "/nothing", "/docs"],
)
def test_every_answer_says_what_a_browser_may_do_with_it(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_other_sites_pages_may_not_read(client: httpx.Client) -> None:
    origin = {"Origin": "https://elsewhere.test"}
    assert "access-control-allow-origin" not in client.get("/v1/measures", headers=origin).headers
    preflight = {**origin, "Access-Control-Request-Method": "GET"}
    answer = client.options("/v1/measures", headers=preflight)
    assert "access-control-allow-origin" not in answer.headers


def test_pages_of_named_sites_may_read_and_nothing_else(start: Callable[..., Any], stored: Any) -> None:
    here = "https://here.test"
    with start(COVID_API_CORS_ORIGINS=f"{here} https://there.test") as service:
        answer = service.client.get("/v1/measures", headers={"Origin": here})
        assert answer.headers["access-control-allow-origin"] == here
        assert "access-control-allow-credentials" not in answer.headers
        other = service.client.get("/v1/measures", headers={"Origin": "https://elsewhere.test"})
        assert "access-control-allow-origin" not in other.headers
        asked = {"Origin": here, "Access-Control-Request-Method": "DELETE"}
        refused = service.client.options("/v1/records", headers=asked)
        assert refused.status_code == 400
        assert "DELETE" not in refused.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sources?regions=1",
        "/v1/measures?x",
        "/v1/records?id=phac:CA-ON:2021-01-02&wiat=5",
        "/v1/records/history?id=phac:CA-ON:2021-01-02&all=1",
        "/v1/pipeline?since=1",
        "/healthz?x=1",
    ],
)
def test_a_parameter_that_is_not_known_is_refused(client: httpx.Client, path: str) -> None:
    problem = assert_problem(client.get(path), 422)
    assert problem["errors"][0]["detail"] == "no such parameter"


def test_a_write_with_a_parameter_that_is_not_known_writes_nothing(writer: httpx.Client) -> None:
    assert_problem(writer.post("/v1/records", params={"wiat": 5}, json=RECORD), 422)


def test_the_documentation_runs_no_script_of_another_site(client: httpx.Client) -> None:
    answer = client.get("/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert addresses
    assert all(address.startswith("/docs/files/") for address in addresses)
    for address in addresses:
        assert client.get(address).status_code == 200
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].partition("style-src")[0]


@pytest.fixture(scope="module")
def visit(closed: Any, texts: dict[str, str]) -> Iterator[tuple[Page, list[str]]]:
    """A browser that answers a login by a reading key, and what it complains of."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        login = {"username": "anyone", "password": texts["read"]}
        page = browser.new_page(http_credentials=login)  # type: ignore[arg-type]
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints
        browser.close()


def test_a_browser_shows_the_documentation_under_its_policy(
    closed: Any, visit: tuple[Page, list[str]]
) -> None:
    page, complaints = visit
    complaints.clear()
    page.goto(f"{closed.url}/docs")
    expect(page.get_by_text("/v1/records/history")).to_be_visible(timeout=30_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "docs.png")
    assert complaints == []
