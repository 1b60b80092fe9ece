"""Every error is a problem document that says what to do; nothing invalid or unauthorised reaches the log."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from covid_core import topics

pytestmark = pytest.mark.integration

GOOD = {"source": "errors", "region": "CA-ON", "date": "2021-01-02", "confirmed": 5}
ID = "errors:CA-ON:2021-01-02"
NOWHERE = "127.0.0.1:9"
"""The discard port: nobody listens."""

WRITES = [
    ("POST", "/v1/records"),
    ("DELETE", f"/v1/records?id={ID}"),
    ("POST", f"/v1/records/withdraw?id={ID}"),
]


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()
    assert answer.headers["x-request-id"]
    return body


@pytest.fixture
def log_unchanged(stack: Any, client: httpx.Client) -> Any:
    """Fails when the test added a record to the log."""
    consumer = Consumer({"bootstrap.servers": stack.kafka_bootstrap, "group.id": "unused"})

    def ends() -> list[int]:
        partitions = consumer.list_topics(topics.RECORDS, 10).topics[topics.RECORDS].partitions
        return [consumer.get_watermark_offsets(TopicPartition(topics.RECORDS, p), 10)[1] for p in partitions]

    before = ends()
    yield
    assert ends() == before
    consumer.close()


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer", "Basic integration-key", "integration-key"]
)
def test_writes_need_a_key(
    client: httpx.Client, method: str, path: str, header: str | None, log_unchanged: None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = client.request(method, path, headers=headers, json=GOOD if method == "POST" else None)
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_every_configured_key_writes(service: Any) -> None:
    for key in ("integration-key", "second-key"):
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.post(f"{service.url}/v1/records", json=GOOD, headers=headers).status_code == 202


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_without_configured_keys_nobody_writes(read_only: Any, method: str, path: str) -> None:
    answer = read_only.client.request(method, path, headers={"Authorization": "Bearer x"})
    assert "COVID_API_WRITE_KEYS" in assert_problem(answer, 403)["detail"]


@pytest.fixture(scope="module")
def read_only(start: Callable[..., Any]) -> Any:
    with start(COVID_API_WRITE_KEYS="") as service:
        yield service


@pytest.mark.parametrize(
    ("path", "mention"),
    [
        ("/v1/metrics?from=2021-1-1", "YYYY-MM-DD"),
        ("/v1/metrics?from=2021-02-01&to=2021-01-01", "after"),
        ("/v1/metrics?region=CA-ZZ", "CA-ZZ"),
        ("/v1/metrics?fields=cases", "confirmed"),
        ("/v1/metrics?format=xml", "parquet"),
        ("/v1/metrics?limit=0", "limit"),
        ("/v1/metrics?limit=1000000", "limit"),
        ("/v1/metrics?source=A%23B", "source"),
        ("/v1/metrics?cursor=nonsense", "cursor"),
        ("/v1/metrics?regions=CA", "regions"),
        ("/v1/records", "id"),
        ("/v1/records?id=phac:CA-ON", "source:region:date"),
        ("/v1/records?id=phac:CA-ZZ:2021-01-02", "CA-ZZ"),
        ("/v1/records?id=phac:CA-ON:2021-02-30", "2021-02-30"),
    ],
)
def test_parameters(client: httpx.Client, path: str, mention: str) -> None:
    assert mention in assert_problem(client.get(path), 422)["detail"]


def test_a_cursor_of_another_query(client: httpx.Client, stored: Any) -> None:
    cursor = client.get("/v1/metrics", params={"region": "CA", "limit": 1}).json()["next"]
    other = client.get("/v1/metrics", params={"region": "CA-ON", "limit": 1, "cursor": cursor})
    assert "another query" in assert_problem(other, 422)["detail"]


def test_not_found(client: httpx.Client) -> None:
    assert "/v2/metrics" in assert_problem(client.get("/v2/metrics"), 404)["detail"]
    assert_problem(client.get("/v1/metrics/"), 404)


def test_method_not_allowed(client: httpx.Client) -> None:
    answer = client.put("/v1/records", json=GOOD)
    assert_problem(answer, 405)
    assert answer.headers["allow"]


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "soon"])
def test_wait(writer: httpx.Client, wait: str, log_unchanged: None) -> None:
    assert_problem(writer.post("/v1/records", params={"wait": wait}, json=GOOD), 422)


def test_invalid_records_are_named_and_nothing_is_written(writer: httpx.Client, log_unchanged: None) -> None:
    body = [GOOD, {**GOOD, "confirmed": -1}, GOOD, {**GOOD, "region": "CA-ZZ"}, {**GOOD, "source": "merged"}]
    problem = assert_problem(writer.post("/v1/records", json=body), 422)
    assert [(error["index"], error["code"]) for error in problem["errors"]] == [
        (1, "bad_count"),
        (3, "unknown_region"),
        (4, "bad_source"),
    ]


@pytest.mark.parametrize("body", [[], [GOOD] * 1001, "text", 5, [None]])
def test_bodies_of_another_shape(writer: httpx.Client, body: Any, log_unchanged: None) -> None:
    assert_problem(writer.post("/v1/records", json=body), 422)


def test_a_body_that_is_not_json(writer: httpx.Client, log_unchanged: None) -> None:
    assert_problem(writer.post("/v1/records", content=b"{"), 400)
    assert_problem(writer.post("/v1/records"), 400)


def test_a_compressed_body(writer: httpx.Client, log_unchanged: None) -> None:
    assert_problem(writer.post("/v1/records", content=b"x", headers={"Content-Encoding": "gzip"}), 415)


def test_a_body_that_is_announced_too_large_is_not_even_read(service: Any, log_unchanged: None) -> None:
    with socket.create_connection(("127.0.0.1", service.port), 10) as connection:
        connection.sendall(
            b"POST /v1/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer integration-key\r\n"
            b"Content-Length: 9999999999\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_turns_out_too_large(writer: httpx.Client, log_unchanged: None) -> None:
    def chunks() -> Any:
        for _ in range(400):
            yield b" " * 8192

    assert "2,097,152" in assert_problem(writer.post("/v1/records", content=chunks()), 413)["detail"]


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/withdraw"])
def test_merged_rows_cannot_be_changed(writer: httpx.Client, path: str, log_unchanged: None) -> None:
    method = "DELETE" if path == "/v1/records" else "POST"
    answer = writer.request(method, path, params={"id": "merged:CA-ON:2021-01-02"})
    assert "computed" in assert_problem(answer, 422)["detail"]


@pytest.mark.parametrize("path", ["/v1/records?id=x", "/v1/records?id=phac:CA-ZZ:2021-01-02"])
def test_malformed_ids_cannot_be_deleted(writer: httpx.Client, path: str, log_unchanged: None) -> None:
    assert_problem(writer.delete(path), 422)


def test_an_unknown_record_cannot_be_deleted(writer: httpx.Client, log_unchanged: None) -> None:
    answer = writer.delete("/v1/records", params={"id": "errors:CA-ON:2019-01-01"})
    assert_problem(answer, 404)


@pytest.fixture(scope="module")
def without_kafka(start: Callable[..., Any], stored: Any) -> Any:
    with start(COVID_KAFKA_BOOTSTRAP=NOWHERE) as service:
        yield service


@pytest.fixture(scope="module")
def without_dynamodb(start: Callable[..., Any]) -> Any:
    with start(COVID_DYNAMODB_ENDPOINT=f"http://{NOWHERE}") as service:
        yield service


KEYED = {"Authorization": "Bearer integration-key"}


@pytest.mark.parametrize("body", [GOOD, [GOOD] * 500])
def test_kafka_down_writes_nothing_and_says_when_to_come_back(without_kafka: Any, body: Any) -> None:
    start = time.monotonic()
    answer = without_kafka.client.post("/v1/records", json=body, headers=KEYED)
    assert time.monotonic() - start < 10
    problem = assert_problem(answer, 503)
    assert (problem["part"], problem["written"]) == ("Kafka", [])
    assert int(answer.headers["retry-after"]) > 0


def test_kafka_down_reads_go_on(without_kafka: Any) -> None:
    assert without_kafka.client.get("/v1/metrics", params={"region": "FR"}).json()["data"]
    answer = without_kafka.client.get("/readyz")
    assert assert_problem(answer, 503)["checks"]["dynamodb"] == "ok"
    assert without_kafka.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/v1/sources", "/v1/regions", "/v1/metrics", f"/v1/records?id={ID}"])
def test_dynamodb_down(without_dynamodb: Any, path: str) -> None:
    answer = without_dynamodb.client.get(path)
    assert assert_problem(answer, 503)["part"] == "DynamoDB"
    assert int(answer.headers["retry-after"]) > 0


def test_dynamodb_down_nothing_is_deleted(without_dynamodb: Any, log_unchanged: None) -> None:
    answer = without_dynamodb.client.delete("/v1/records", params={"id": ID}, headers=KEYED)
    assert_problem(answer, 503)


def test_dynamodb_down_a_write_is_kept_unconfirmed(without_dynamodb: Any) -> None:
    answer = without_dynamodb.client.post("/v1/records", params={"wait": 0.5}, json=GOOD, headers=KEYED)
    assert answer.status_code == 202
    assert answer.json()["applied"] is None
    assert assert_problem(without_dynamodb.client.get("/readyz"), 503)["checks"]["kafka"] == "ok"


def test_a_table_that_is_not_there_yet(start: Callable[..., Any]) -> None:
    with start(COVID_DYNAMODB_TABLE="not_there_yet") as service:
        assert "not_there_yet" in assert_problem(service.client.get("/v1/sources"), 503)["detail"]
        assert_problem(service.client.get("/readyz"), 503)


def test_a_fault_of_the_service_tells_nothing_of_its_inside(
    service: Any, sink_store: Any, api_env: dict[str, str]
) -> None:
    # An item that no sink writes: a count that is text.
    key = {"pk": {"S": "broken#CA"}, "sk": {"S": "2000-01-01"}}
    sink_store._client.put_item(
        TableName=api_env["COVID_DYNAMODB_TABLE"], Item={**key, "confirmed": {"S": "many"}}
    )
    for path in ("/v1/records?id=broken:CA:2000-01-01", "/v1/metrics?source=broken&region=CA"):
        answer = service.client.get(path, headers={"X-Request-ID": "find-me"})
        assert_problem(answer, 500)
        assert "KeyError" not in answer.text
    log = service.log.read_text()
    assert "request find-me failed" in log
    assert "KeyError" in log
