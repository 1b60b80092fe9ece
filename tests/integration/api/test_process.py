"""The process: starting, stopping, its measurements, its document and its size."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration

RECORD = {"source": "process", "region": "CA-ON", "date": "2021-01-02", "confirmed": 5}


def run(env: dict[str, str], **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "covid_api"],
        env={**os.environ, **env, **changes},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_ready(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "checks": {"kafka": "ok", "dynamodb": "ok"}}


def test_a_caller_that_waits_is_answered_when_the_service_stops(start: Callable[..., Any]) -> None:
    answers: list[httpx.Response] = []
    # Without DynamoDB nothing is ever confirmed.
    with start(COVID_DYNAMODB_ENDPOINT="http://127.0.0.1:9") as service:
        assert service.start_seconds < 10

        def wait() -> None:
            answers.append(
                httpx.post(
                    f"{service.url}/v1/records?wait=60",
                    json=RECORD,
                    headers={"Authorization": "Bearer integration-key"},
                    timeout=60,
                )
            )

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.5)
        before = time.monotonic()
        status = service.stop()
        thread.join(10)
        assert time.monotonic() - before < 5
        assert status == 0
    assert answers[0].status_code == 202
    assert answers[0].json()["applied"] is None


def test_sigint_stops_it_too(start: Callable[..., Any]) -> None:
    with start() as service:
        service.process.send_signal(2)
        assert service.process.wait(10) == 0


def test_a_wrong_setting_is_named(api_env: dict[str, str]) -> None:
    result = run(api_env, COVID_API_PORT="http")
    assert result.returncode == 2
    assert "COVID_API_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_in_use(api_env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run(api_env, COVID_API_PORT=str(taken.getsockname()[1]))
    assert result.returncode == 3
    assert "address already in use" in result.stderr
    assert "Traceback" not in result.stderr


def test_keys_from_a_file_and_never_in_the_log(start: Callable[..., Any], tmp_path: Any) -> None:
    secret = tmp_path / "keys"
    secret.write_text("key-from-a-file\n")
    with start(COVID_API_WRITE_KEYS="", COVID_API_WRITE_KEYS_FILE=str(secret)) as service:
        headers = {"Authorization": "Bearer key-from-a-file"}
        assert service.client.post("/v1/records", json=RECORD, headers=headers).status_code == 202
        assert service.client.post("/v1/records", json=[], headers=headers).status_code == 422
        assert "key-from-a-file" not in service.log.read_text()


def test_prometheus(client: httpx.Client) -> None:
    def count() -> float:
        name = 'covid_api_requests_total{method="GET",route="/v1/records",status="422"} '
        lines = client.get("/metrics").text.splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = count()
    client.get("/v1/records?id=nonsense")
    client.get("/v1/records?id=other-nonsense")
    assert count() == before + 2
    assert client.get("/metrics").headers["content-type"].startswith("text/plain")


def test_openapi(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    post = document["paths"]["/v1/records"]["post"]
    assert post["security"]
    assert {"200", "201", "202", "401", "413", "422", "503"} <= post["responses"].keys()
    assert "application/problem+json" in post["responses"]["422"]["content"]
    assert "example" in post["responses"]["201"]["content"]["application/json"]
    parameters = {entry["name"] for entry in document["paths"]["/v1/metrics"]["get"]["parameters"]}
    moment = {"as_of", "known_at", "lag"}
    assert parameters == {"region", "source", "from", "to", "fields", "limit", "cursor", "format", *moment}


def test_the_documented_example_is_a_valid_record(writer: httpx.Client, client: httpx.Client) -> None:
    post = client.get("/openapi.json").json()["paths"]["/v1/records"]["post"]
    examples = post["requestBody"]["content"]["application/json"]["examples"]
    assert examples
    for example in examples.values():
        value = example["value"]
        mine = [{**item, "source": "examples"} for item in (value if isinstance(value, list) else [value])]
        answer = writer.post("/v1/records", json=mine)
        assert answer.status_code == 202, answer.text


def test_memory_stays_bounded_while_everything_is_read(start: Callable[..., Any], stored: Any) -> None:
    with start() as service:
        for form in ("json", "ndjson", "csv"):
            service.client.get("/v1/metrics", params={"format": form})
        settled = service.memory_mb()
        size = 0
        for _ in range(10):
            size += len(service.client.get("/v1/metrics").content)
        assert size > 10_000_000
        assert service.memory_mb() - settled < 20
        service.client.get("/v1/metrics", params={"format": "parquet"})
        assert service.memory_mb() < 220
