"""What `/v1/pipeline` says of the log, on the real broker; and that long answers are compressed."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from covid_core import dlq, topics, verified
from covid_core.verified import Verdict, Verified

pytestmark = pytest.mark.integration


def state(client: httpx.Client, holds: Callable[[Any], bool]) -> Any:
    """The state once it is as wanted; an answer may be a second old."""
    deadline = time.monotonic() + 15
    while True:
        answer = client.get("/v1/pipeline")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        if holds(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.3)


def arrived(found: Any, record_id: str) -> list[Any]:
    return [each for each in found["records"]["newest"] if each["id"] == record_id]


def test_a_write_is_told_with_its_kind_its_writer_and_its_place(live: httpx.Client, source: str) -> None:
    record = {"source": source, "region": "CA-PE", "date": "2021-01-02", "confirmed": 5}
    before = state(live, lambda found: True)
    written = live.post("/v1/records", params={"wait": 10}, json=record).json()
    found = state(live, lambda found: bool(arrived(found, written["id"])))
    (told,) = arrived(found, written["id"])
    assert (told["kind"], told["partition"], told["offset"]) == (
        "correction",
        written["partition"],
        written["offset"],
    )
    assert told["actor"].startswith("api:")
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(told["at"])
    assert age < dt.timedelta(seconds=60)
    assert found["records"]["total"] > before["records"]["total"]
    assert found["records"]["last_minute"] >= 1
    assert sum(found["records"]["slices"]) == found["records"]["last_minute"]
    live.delete("/v1/records", params={"id": written["id"]}).raise_for_status()
    state(
        live, lambda found: {e["kind"] for e in arrived(found, written["id"])} == {"correction", "deletion"}
    )


def test_every_reader_is_listed_with_how_far_it_is(client: httpx.Client) -> None:
    found = state(client, lambda found: True)
    assert [(each["group"], each["topic"]) for each in found["readers"]] == list(topics.readers())
    for each in found["readers"]:
        assert each["lag"] == each["end"] - each["committed"]
    assert {each["store"] for each in found["readers"]} == {None, *topics.SINKS}


def test_dead_letters_are_counted_and_the_newest_are_told(client: httpx.Client, stack: Any) -> None:
    topic = topics.METRICS_DLQ
    count = next(e for e in state(client, lambda f: True)["dead_letters"] if e["topic"] == topic)["messages"]
    origin = dlq.LogOrigin(topics.METRICS, 0, 7)
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})
    producer.produce(topic, dlq.encode(dlq.letter("bad_value", "the store refused it", origin, b"raw bytes")))
    producer.produce(topic, b"somebody else's")
    assert producer.flush(10) == 0

    def letters(found: Any) -> Any:
        return next(each for each in found["dead_letters"] if each["topic"] == topic)

    found = letters(state(client, lambda found: letters(found)["messages"] == count + 2))
    told = {(each["code"], each["reason"], each["origin"]) for each in found["newest"]}
    assert ("bad_value", "the store refused it", f"{topics.METRICS}:0:7") in told
    assert any(code == "unreadable" for code, _, _ in told)


def found_by_verify(store: str, verdict: Verdict, differences: int, hours: int) -> Verified:
    return Verified(
        store=store,
        verdict=verdict,
        at=dt.datetime(2021, 1, 2, hours, tzinfo=dt.UTC),
        records={0: 5, 1: 7},
        rows=100,
        differences=differences,
        refused=0,
        seconds=1.5,
    )


def test_the_last_verification_of_each_store_is_told(client: httpx.Client, stack: Any) -> None:
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})
    for one in (
        found_by_verify("rds", Verdict.DIFFERENT, 3, hours=1),
        found_by_verify("s3", Verdict.EQUAL, 0, hours=1),
        found_by_verify("rds", Verdict.EQUAL, 0, hours=2),
        found_by_verify("s3", Verdict.DIFFERENT, 2, hours=2),
    ):
        producer.produce(topics.VERIFIED, verified.encode(one), one.store)
    producer.produce(topics.VERIFIED, b"somebody else's", "rds")
    assert producer.flush(10) == 0

    def of(found: Any) -> Any:
        return {each["store"]: each for each in found["verified"]}

    found = of(state(client, lambda found: of(found).get("s3", {}).get("differences") == 2))
    assert found["s3"] == {
        "store": "s3",
        "verdict": "different",
        "at": "2021-01-02T02:00:00Z",
        "records": 12,
        "rows": 100,
        "differences": 2,
        "refused": 0,
        "seconds": 1.5,
    }
    assert found["rds"]["verdict"] == "equal"
    shown = client.get("/metrics").text
    assert 'covid_verified_verdict{store="s3",verdict="different"} 1.0' in shown
    assert 'covid_verified_verdict{store="s3",verdict="equal"} 0.0' in shown
    assert 'covid_verified_verdict{store="rds",verdict="equal"} 1.0' in shown
    assert 'covid_verified_differences{store="s3"} 2.0' in shown
    assert 'covid_verified_timestamp_seconds{store="s3"} 1.6095528e+09' in shown


def test_without_kafka_it_says_so(start: Callable[..., Any]) -> None:
    with start(COVID_KAFKA_BOOTSTRAP="127.0.0.1:9") as service:
        answer = service.client.get("/v1/pipeline", timeout=30)
        assert (answer.status_code, answer.json()["part"]) == (503, "Kafka")
        assert service.client.get("/").status_code == 200


def test_rows_are_compressed_but_not_twice(client: httpx.Client, stored: list[Any]) -> None:
    query = {"region": "CA", "format": "json"}
    packed = client.get("/v1/metrics", params=query)
    plain = client.get("/v1/metrics", params=query, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    parquet = client.get("/v1/metrics", params={**query, "format": "parquet"})
    assert "content-encoding" not in parquet.headers
