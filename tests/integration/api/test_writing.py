"""Writing: corrections, deletions and withdrawals, from the request to the log and back from DynamoDB."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from covid_core import records, topics
from covid_core.partitioning import partition_of
from covid_core.rows import Row
from covid_sinks.dynamodb import DynamoSink

pytestmark = pytest.mark.integration

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def record(source: str, day: int = 1, region: str = "CA-ON", **content: Any) -> dict[str, Any]:
    return {"source": source, "region": region, "date": f"2021-01-{day:02}", **(content or {"confirmed": 5})}


def id_of(item: dict[str, Any]) -> str:
    return f"{item['source']}:{item['region']}:{item['date']}"


def post(client: httpx.Client, content: Any, wait: float | None = 20, **headers: str) -> httpx.Response:
    parameters = {} if wait is None else {"wait": wait}
    return client.post("/v1/records", params=parameters, json=content, headers=headers)


def look(client: httpx.Client, item: dict[str, Any]) -> httpx.Response:
    return client.get("/v1/records", params={"id": id_of(item)})


def in_log(stream: Any, place: tuple[int, int]) -> tuple[dict[str, str], records.Record]:
    """The message at a place in the log: its headers and its record."""
    deadline = time.monotonic() + 10
    while place not in stream.headers or place not in stream.values:
        assert time.monotonic() < deadline, f"nothing at {place}"
        time.sleep(0.02)
    return stream.headers[place], records._decoder.decode(stream.values[place])


def test_accepted_with_its_place_in_the_log(live: httpx.Client, stream: Any, source: str) -> None:
    item = record(source, confirmed=7, status={"deaths": "suppressed"})
    answer = post(live, item, wait=None, **{"X-Request-ID": "my-id", "traceparent": TRACEPARENT})
    assert answer.status_code == 202
    assert answer.headers["x-request-id"] == "my-id"
    body = answer.json()
    partitions = len({place[0] for place in stream.headers} | set(range(4)))
    assert (body["id"], body["topic"]) == (id_of(item), topics.RECORDS)
    assert body["partition"] == partition_of("CA-ON", partitions)
    headers, written = in_log(stream, (body["partition"], body["offset"]))
    # printf integration-key | sha256sum
    assert headers == {"actor": "api:5627e617", "request_id": "my-id:0", "traceparent": TRACEPARENT}
    assert written.correction
    assert written.reported_at is None
    assert (written.confirmed, dict(written.status)) == (7, {"deaths": "suppressed"})


def test_waiting_answers_created_once_dynamodb_shows_it(live: httpx.Client, source: str) -> None:
    item = record(source, confirmed=7, deaths=0, status={"recovered": "ended"})
    answer = post(live, item)
    body = answer.json()
    assert answer.status_code == 201, body
    assert body["applied"] is True
    assert answer.headers["location"] == f"/v1/records?id={id_of(item)}"
    shown = look(live, item).json()
    assert shown == body["record"]
    assert (shown["confirmed"], shown["deaths"], shown["recovered"], shown["tests"]) == (7, 0, None, None)
    assert (shown["recovered_status"], shown["tests_status"]) == ("ended", None)
    assert shown["revision"] == body["offset"] + 1
    assert shown["lineage"] == str(body["offset"])


def test_a_list_is_answered_record_by_record(live: httpx.Client, source: str) -> None:
    items = [record(source, day, region, confirmed=day) for day in (1, 2, 3) for region in ("CA-ON", "CA-QC")]
    answer = post(live, items)
    assert answer.status_code == 201
    entries = answer.json()["records"]
    assert [entry["id"] for entry in entries] == [id_of(item) for item in items]
    assert [entry["record"]["confirmed"] for entry in entries] == [1, 1, 2, 2, 3, 3]
    assert len({(entry["partition"], entry["offset"]) for entry in entries}) == len(items)


def test_a_thousand_records_at_once(live: httpx.Client, source: str) -> None:
    regions = ["CA-ON", "CA-QC", "CA-BC", "CA-AB"]
    items = [record(source, 1 + i % 28, regions[i % 4], confirmed=i) for i in range(1000)]
    answer = post(live, items, wait=None)
    assert answer.status_code == 202
    by_partition: dict[int, list[int]] = {}
    for entry in answer.json()["records"]:
        by_partition.setdefault(entry["partition"], []).append(entry["offset"])
    # The order of a partition is the order of the list.
    assert all(offsets == sorted(offsets) for offsets in by_partition.values())
    assert sum(map(len, by_partition.values())) == 1000


def test_something_newer_stands(live: httpx.Client, source: str) -> None:
    assert post(live, record(source, confirmed=9)).status_code == 201
    answer = post(live, record(source, confirmed=3, reported_at="2021-01-01T00:00:00Z"))
    body = answer.json()
    assert answer.status_code == 200
    assert body["applied"] is False
    assert "confirmed" in body["reason"]
    assert body["record"]["confirmed"] == 9


def test_while_a_later_generation_is_under_way_rows_of_the_one_before_say_nothing(
    live: httpx.Client, stream: Any, sink_store: DynamoSink, source: str
) -> None:
    # As after a new log: the stored rows have greater revisions than the offsets that are given now.
    days = [dt.date(2021, 1, day) for day in (1, 2, 3)]
    before = [
        Row(source, "CA-ON", day, confirmed=9, revision=10**9, generation=stream.generation) for day in days
    ]
    assert sink_store.write(before).applied == len(before)
    with stream.next_generation():
        with stream.paused():
            waiting = post(live, record(source, 1, confirmed=3), wait=1)
            assert (waiting.status_code, waiting.json()["applied"]) == (202, None)
            gone = {"id": id_of(record(source, 2)), "wait": 1}
            assert live.delete("/v1/records", params=gone).status_code == 202
            undone = {"id": id_of(record(source, 3)), "wait": 1}
            assert live.post("/v1/records/withdraw", params=undone).status_code == 202
        answer = post(live, record(source, 1, confirmed=4))
        assert answer.status_code == 201, answer.text
        assert answer.json()["record"]["generation"] == stream.generation


def test_a_list_with_one_that_does_not_stand(live: httpx.Client, source: str) -> None:
    assert post(live, record(source, 1, confirmed=9)).status_code == 201
    old = record(source, 1, confirmed=3, reported_at="2021-01-01T00:00:00Z")
    answer = post(live, [old, record(source, 2)])
    assert answer.status_code == 200
    assert [entry["applied"] for entry in answer.json()["records"]] == [False, True]


def test_one_field_at_a_time(live: httpx.Client, source: str) -> None:
    first = post(live, record(source, confirmed=9)).json()
    second = post(live, record(source, deaths=2)).json()
    shown = second["record"]
    assert (shown["confirmed"], shown["deaths"]) == (9, 2)
    assert shown["lineage"] == f"{first['offset']},{second['offset']}"


def test_waiting_no_longer_than_told(live: httpx.Client, stream: Any, source: str) -> None:
    with stream.paused():
        start = time.monotonic()
        answer = post(live, record(source), wait=0.5)
        seconds = time.monotonic() - start
    assert answer.status_code == 202
    assert answer.json()["applied"] is None
    assert 0.5 <= seconds < 5


def test_delete_confirms_and_changes_the_days_after(live: httpx.Client, source: str) -> None:
    days = [record(source, day, confirmed=100 + day) for day in range(1, 10)]
    answer = post(live, days)
    assert answer.status_code == 201
    assert answer.json()["records"][-1]["record"]["new_confirmed"] == 1
    gone = live.delete("/v1/records", params={"id": id_of(days[7])})
    body = gone.json()
    assert gone.status_code == 200, body
    assert (body["id"], body["deleted"], body["confirmed"]) == (id_of(days[7]), True, True)
    assert look(live, days[7]).status_code == 404
    assert live.delete("/v1/records", params={"id": id_of(days[7])}).status_code == 404
    rows = {row["date"]: row for row in live.get("/v1/metrics", params={"source": source}).json()["data"]}
    assert len(rows) == 8
    deadline = time.monotonic() + 10
    while look(live, days[8]).json()["new_confirmed"] is not None:
        assert time.monotonic() < deadline, "the day after still counts from the deleted one"
        time.sleep(0.05)


def test_the_tombstone_in_the_log(live: httpx.Client, stream: Any, source: str) -> None:
    item = record(source)
    assert post(live, item).status_code == 201
    body = live.delete("/v1/records", params={"id": id_of(item)}).json()
    headers, written = in_log(stream, (body["partition"], body["offset"]))
    assert headers["actor"].startswith("api:")
    assert (written.id, written.deleted, written.correction) == (id_of(item), True, True)
    assert written.reported_at is None


def test_a_deleted_record_can_be_written_again(live: httpx.Client, source: str) -> None:
    item = record(source)
    assert post(live, item).status_code == 201
    assert live.delete("/v1/records", params={"id": id_of(item)}).status_code == 200
    assert post(live, item).status_code == 201
    assert look(live, item).json()["confirmed"] == 5


def test_a_deletion_that_does_not_stand_is_a_conflict(live: httpx.Client, source: str) -> None:
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    item = record(source)
    assert post(live, {**item, "reported_at": tomorrow}).status_code == 201
    answer = live.delete("/v1/records", params={"id": id_of(item)})
    assert answer.status_code == 409
    assert "later" in answer.json()["detail"]
    assert look(live, item).status_code == 200


def test_delete_not_yet_confirmed(live: httpx.Client, stream: Any, source: str) -> None:
    item = record(source)
    assert post(live, item).status_code == 201
    with stream.paused():
        answer = live.delete("/v1/records", params={"id": id_of(item), "wait": 0.3})
        assert answer.status_code == 202
        assert answer.json()["confirmed"] is False
        assert look(live, item).status_code == 200
    deadline = time.monotonic() + 10
    while look(live, item).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_withdrawing_a_deletion_and_a_correction(
    live: httpx.Client, source: str, publish_report: Callable[[dict[str, Any]], None]
) -> None:
    item = record(source, confirmed=50)
    publish_report(item)
    assert post(live, {**item, "confirmed": 60}).json()["record"]["confirmed"] == 60
    assert live.delete("/v1/records", params={"id": id_of(item)}).status_code == 200
    answer = live.post("/v1/records/withdraw", params={"id": id_of(item)})
    body = answer.json()
    assert answer.status_code == 200, body
    assert (body["withdrawn"], body["confirmed"]) == (True, True)
    # Both writes of a person are undone; what the publisher reports stands again.
    assert body["record"]["confirmed"] == 50
    assert look(live, item).json() == body["record"]


def test_withdrawing_what_only_a_person_wrote_leaves_nothing(live: httpx.Client, source: str) -> None:
    item = record(source)
    assert post(live, item).status_code == 201
    answer = live.post("/v1/records/withdraw", params={"id": id_of(item)})
    assert answer.status_code == 200
    assert answer.json()["record"] is None
    assert look(live, item).status_code == 404


def test_withdraw_not_yet_confirmed(live: httpx.Client, stream: Any, source: str) -> None:
    item = record(source)
    assert post(live, item).status_code == 201
    with stream.paused():
        answer = live.post("/v1/records/withdraw", params={"id": id_of(item), "wait": 0.3})
    assert answer.status_code == 202
    assert answer.json()["confirmed"] is False


def test_many_writers_at_once(live: httpx.Client, source: str) -> None:
    statuses: list[int] = []

    def write(day: int) -> None:
        statuses.append(post(live, record(source, day, confirmed=day)).status_code)

    threads = [threading.Thread(target=write, args=(day,)) for day in range(1, 29)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 28
    rows = live.get("/v1/metrics", params={"source": source}).json()["data"]
    assert [row["confirmed"] for row in rows] == list(range(1, 29))
