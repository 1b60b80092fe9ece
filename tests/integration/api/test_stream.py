"""The live stream over the real broker."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from confluent_kafka import Producer

from covid_api.live import positions
from covid_api.live.feed import LOOK_BACK
from covid_core import messages, topics
from covid_core.rows import Row

from .conftest import Service

pytestmark = pytest.mark.integration

DAY = dt.date(2021, 1, 2)
SECONDS = 14
"""How long an event may take; less than a heartbeat."""


class Event(NamedTuple):
    """One event as a browser sees it; `id` is the last one that was given."""

    kind: str
    data: Any
    id: str


class Stream:
    """An open stream, read as the HTML standard says."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.id = ""
        self.comments: list[str] = []
        self._lines = answer.iter_lines()
        self._open()

    def _open(self) -> None:
        assert self.answer.status_code == 200, self.answer.read()
        block = self._block()
        assert block["retry"] == "2000"
        assert block["id"]

    def _block(self) -> dict[str, str]:
        found: dict[str, str] = {}
        deadline = time.monotonic() + SECONDS
        for line in self._lines:
            # The client's own limit never comes: there is a comment now and then.
            assert time.monotonic() < deadline, f"nothing for {SECONDS} s"
            if not line:
                self.id = found.get("id", self.id)
                if found:
                    return found
                continue
            name, _, value = line.partition(":")
            if name:
                found[name] = value.removeprefix(" ")
            else:
                self.comments.append(value.strip())
        raise EOFError

    def next(self) -> Event:
        """The next event."""
        while True:
            block = self._block()
            if "data" in block:
                return Event(block.get("event", "message"), json.loads(block["data"]), self.id)

    def rows(self, source: str) -> list[dict[str, Any]]:
        """The rows of the next event that has a source's; all others are passed over."""
        while True:
            event = self.next()
            assert event.kind == "rows", event
            both = event.data["data"] + event.data["deleted"]
            if {row["source"] for row in both} == {source}:
                return both


@pytest.fixture(scope="module")
def streaming(start: Callable[..., Any]) -> Iterator[Service]:
    """A process of these tests' own: what it counts is theirs."""
    with start() as service:
        yield service


@pytest.fixture(scope="module")
def late(stack: Any, start: Callable[..., Any]) -> Iterator[Service]:
    """A process started when each partition has more messages than are read again at the start."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})
    (value,) = messages.encode([Row("late", "CA-ON", DAY)])
    for partition in producer.list_topics(topics.METRICS, 10).topics[topics.METRICS].partitions:
        for _ in range(LOOK_BACK + 1):
            producer.produce(topics.METRICS, value, b"CA-ON", partition)
    assert producer.flush(10) == 0
    with start() as service:
        yield service


@pytest.fixture
def open_stream(streaming: Service) -> Callable[..., Any]:
    """Opens a stream: `with open_stream(region=…, last=id) as stream`."""

    @contextmanager
    def opened(last: str | None = None, url: str = streaming.url, **parameters: Any) -> Iterator[Stream]:
        headers = {} if last is None else {"Last-Event-ID": last}
        with (
            httpx.Client(base_url=url, timeout=SECONDS) as client,
            client.stream("GET", "/v1/stream", params=parameters, headers=headers) as answer,
        ):
            if answer.is_error:
                answer.read()
            yield Stream(answer)

    return opened


@pytest.fixture(scope="module")
def publish(stack: Any) -> Callable[..., None]:
    """Publishes rows as the streaming job does."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap, "partitioner": "murmur2_random"})

    def send(*rows: Row) -> None:
        for value in messages.encode(rows):
            producer.produce(topics.METRICS, value, rows[0].region.encode())
        assert producer.flush(10) == 0

    return send


def test_a_correction_arrives_as_v1_metrics_gives_it(
    live: httpx.Client, open_stream: Callable[..., Any], source: str
) -> None:
    item = {"source": source, "region": "CA-NB", "date": "2021-01-02", "confirmed": 5}
    record_id = f"{source}:CA-NB:2021-01-02"
    with open_stream(region="CA-NB", source=source) as stream:
        assert live.post("/v1/records", params={"wait": 20}, json=item).status_code == 201
        event = stream.next()
        shown = live.get("/v1/metrics", params={"region": "CA-NB", "source": source}).json()["data"]
        assert event.kind == "rows"
        assert event.data == {"data": shown, "deleted": []}
        assert shown[0]["confirmed"] == 5
        assert live.delete("/v1/records", params={"id": record_id, "wait": 20}).status_code == 200
        deletion = stream.next()
        (gone,) = deletion.data["deleted"]
        assert deletion.data["data"] == []
        assert (gone["source"], gone["region"], gone["date"]) == (source, "CA-NB", "2021-01-02")
        assert gone["revision"] > shown[0]["revision"]


def test_it_is_pushed_at_once(
    open_stream: Callable[..., Any], publish: Callable[..., None], source: str
) -> None:
    seconds = []
    with open_stream(source=source) as stream:
        for revision in range(1, 11):
            before = time.monotonic()
            publish(Row(source, "CA-ON", DAY, confirmed=revision, revision=revision))
            assert stream.next().data["data"][0]["confirmed"] == revision
            seconds.append(time.monotonic() - before)
    assert sorted(seconds)[7] < 0.5, seconds


def test_regions_and_sources(
    open_stream: Callable[..., Any], publish: Callable[..., None], source: str
) -> None:
    other = f"{source}-b"
    asked = {"region": ["CA-ON", "CA-QC"], "source": [source, other]}
    with open_stream(**asked) as chosen, open_stream() as everything:
        publish(Row(source, "CA-YT", DAY))
        publish(Row(f"{source}-c", "CA-ON", DAY))
        publish(Row(source, "CA-ON", DAY), Row(other, "CA-ON", DAY))
        publish(Row(other, "CA-QC", DAY))
        got = [chosen.next().data["data"][0] for _ in range(3)]
        assert {(row["source"], row["region"]) for row in got} == {
            (source, "CA-ON"),
            (other, "CA-ON"),
            (other, "CA-QC"),
        }
        assert everything.rows(f"{source}-c")
        assert chosen.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert chosen.answer.headers["cache-control"] == "no-store"
        assert chosen.answer.headers["x-accel-buffering"] == "no"


def test_a_lost_connection_goes_on_where_it_was(
    open_stream: Callable[..., Any], publish: Callable[..., None], source: str
) -> None:
    with open_stream(source=source) as stream:
        publish(Row(source, "CA-ON", DAY, confirmed=1))
        assert stream.next().data["data"][0]["confirmed"] == 1
        last = stream.id
    for count in (2, 3):
        publish(Row(source, "CA-ON", DAY, confirmed=count))
    publish(Row(source, "CA-QC", DAY, confirmed=4))
    with open_stream(last=last, source=source) as stream:
        got = {stream.next().data["data"][0]["confirmed"] for _ in range(3)}
        assert got == {2, 3, 4}
        publish(Row(source, "CA-ON", DAY, confirmed=5))
        assert stream.next().data["data"][0]["confirmed"] == 5


def test_another_process_and_one_that_just_started_go_on_too(
    start: Callable[..., Any],
    open_stream: Callable[..., Any],
    publish: Callable[..., None],
    source: str,
) -> None:
    with open_stream(source=source) as stream:
        last = stream.id
    publish(Row(source, "CA-ON", DAY, confirmed=1))
    with start() as other, open_stream(last=last, url=other.url, source=source) as stream:
        assert stream.next().data["data"][0]["confirmed"] == 1


def test_the_id_moves_on_within_a_message_only_after_its_last_event(
    open_stream: Callable[..., Any], publish: Callable[..., None], source: str
) -> None:
    rows = [Row(source, "CA-ON", DAY + dt.timedelta(days=i)) for i in range(100)]
    with open_stream(source=source) as stream:
        before = stream.id
        publish(*rows)
        first, second = stream.next(), stream.next()
        assert len(first.data["data"]) + len(second.data["data"]) == 100
        assert first.id == before != second.id
    with open_stream(last=first.id, source=source) as stream:
        assert stream.next().data == first.data


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (lambda at: dict.fromkeys(at, 0), "too-far-back"),
        (lambda at: {number: offset + 1000 for number, offset in at.items()}, "unknown-position"),
        (lambda at: {0: at[0]}, "unknown-position"),
    ],
)
def test_what_cannot_be_resumed_is_told_and_goes_on(
    late: Service,
    open_stream: Callable[..., Any],
    publish: Callable[..., None],
    source: str,
    position: Callable[[dict[int, int]], dict[int, int]],
    reason: str,
) -> None:
    with open_stream(url=late.url, source=source) as stream:
        at = positions.decode(stream.id)
    assert at
    asked = positions.encode(position(at))
    with open_stream(url=late.url, last=asked, source=source) as stream:
        event = stream.next()
        assert (event.kind, event.data["reason"]) == ("reset", reason)
        assert "load again" in event.data["detail"]
        publish(Row(source, "CA-ON", DAY, confirmed=1))
        assert stream.next().data["data"][0]["confirmed"] == 1


def test_a_made_up_id(open_stream: Callable[..., Any], source: str) -> None:
    with open_stream(last="yesterday", source=source) as stream:
        assert stream.next().data["reason"] == "unknown-position"


def test_who_does_not_read_costs_no_memory_and_is_told(
    start: Callable[..., Any],
    open_stream: Callable[..., Any],
    publish: Callable[..., None],
    source: str,
) -> None:
    rows = [Row(source, "CA-ON", DAY + dt.timedelta(days=i % 1000), lineage="1" * 400) for i in range(500)]
    with start() as service, open_stream(url=service.url, source=source) as slow:
        with open_stream(url=service.url, source=source) as quick:
            publish(rows[0])
            assert quick.next()
        before = service.memory_mb()
        # Of a region in the same partition: who is told of that knows that all before it has been read.
        with open_stream(url=service.url, source=source, region="CA-AB") as beside:
            # 30 MB: more than the window and the sockets on the way hold.
            for _ in range(50):
                publish(*rows)
            publish(Row(source, "CA-AB", DAY, confirmed=1))
            assert beside.next()
        assert service.memory_mb() - before < 60
        while slow.next().kind != "reset":
            pass
        publish(Row(source, "CA-QC", DAY, confirmed=9))
        # It may have fallen behind more than once.
        while (event := slow.next()).kind != "rows" or event.data["data"][0]["region"] != "CA-QC":
            pass


def test_many_listeners(
    streaming: Service,
    open_stream: Callable[..., Any],
    publish: Callable[..., None],
    source: str,
) -> None:
    many = 100
    ready = threading.Barrier(many + 1)

    def listen(_: int) -> list[int]:
        with open_stream(source=source) as stream:
            ready.wait(30)
            return [stream.next().data["data"][0]["confirmed"] for _ in range(5)]

    with ThreadPoolExecutor(many) as threads:
        waiting = [threads.submit(listen, i) for i in range(many)]
        ready.wait(30)
        assert f"covid_api_streams {many}.0" in streaming.client.get("/metrics").text
        for count in range(5):
            publish(Row(source, "CA-ON", DAY, confirmed=count))
        assert [future.result(30) for future in waiting] == [list(range(5))] * many
    deadline = time.monotonic() + 10
    while "covid_api_streams 0.0" not in streaming.client.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_no_more_streams_than_allowed(start: Callable[..., Any], open_stream: Callable[..., Any]) -> None:
    with start(COVID_API_STREAMS="1") as service:
        # It has to be held: httpx closes a connection that nobody can read from any more.
        with open_stream(url=service.url) as held, service.client.stream("GET", "/v1/stream") as refused:
            assert held.id
            assert refused.status_code == 503
            refused.read()
            assert refused.json()["type"].endswith(":too-many-streams")
            assert refused.headers["retry-after"] == "30"
        deadline = time.monotonic() + 5
        while True:
            with service.client.stream("GET", "/v1/stream") as answer:
                if answer.status_code == 200:
                    break
            assert time.monotonic() < deadline, "the place is not free again"


def test_stopping_ends_the_streams(start: Callable[..., Any], open_stream: Callable[..., Any]) -> None:
    # Nobody's rows: who does not read meanwhile what others publish is cut off, as is due.
    with start() as service, open_stream(url=service.url, source="nobody") as stream:
        before = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - before < 3
        with pytest.raises(EOFError):
            while True:  # what was sent before comes first
                stream.next()
        assert "Traceback" not in service.log.read_text()


def test_without_kafka(start: Callable[..., Any]) -> None:
    with start(COVID_KAFKA_BOOTSTRAP="127.0.0.1:9") as service:
        answer = service.client.get("/v1/stream")
        assert answer.status_code == 503
        assert answer.json()["part"] == "Kafka"
        assert service.stop() == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("region=CA-ZZ", "unknown-region"),
        ("source=A+B", "invalid-parameter"),
        ("from=2021-01-01", "invalid-parameter"),
    ],
)
def test_wrong_parameters(streaming: Service, query: str, code: str) -> None:
    answer = streaming.client.get(f"/v1/stream?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:covid-tracker:problem:{code}")


def test_the_head_comes_at_once(streaming: Service) -> None:
    with socket.create_connection(("127.0.0.1", streaming.port), 5) as connection:
        connection.settimeout(5)
        connection.sendall(b"GET /v1/stream?source=nobody HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while b"retry: 2000" not in received:
            received += connection.recv(4096)
        assert received.startswith(b"HTTP/1.1 200")
