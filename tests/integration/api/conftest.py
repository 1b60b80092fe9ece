"""The API as a process, over the real broker and DynamoDB Local; the DynamoDB sink as a process beside it.

What the streaming job does in between, a thread does here by the same core functions, so that these tests
need no Spark: `tests/e2e` runs the real one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from covid_core import topics
from covid_core.environment import load
from covid_core.records import MAX_COUNT
from covid_core.rows import Row
from covid_core.settings import DynamoSettings
from covid_sinks.dynamodb import DynamoSink

from .little_stream import LittleStream

KEY = "integration-key"
OTHER_KEY = "second-key"
HISTORY_DAYS = 1600
"""Long enough that one region's rows need several pages (of at most 1,000 rows, or 1 MB in DynamoDB)."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Service:
    """A running API process."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._output = log.open("wb")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "covid_api"],
            env={**os.environ, **env, "COVID_API_PORT": str(self.port)},
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self._await_health()
        self.start_seconds = time.monotonic() - started

    def _await_health(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self.client.get("/healthz").raise_for_status()
                return
            except httpx.TransportError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the service does not start:\n{self.log.read_text()}") from None
                time.sleep(0.02)

    def memory_mb(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.client.close()
            self._output.close()


@pytest.fixture(scope="package")
def api_env(stack: Any) -> dict[str, str]:
    """The environment of the service: the stack's, with a table and keys of its own."""
    table = {"COVID_DYNAMODB_TABLE": f"covid_api_{uuid.uuid4().hex[:8]}"}
    return {**stack.settings, **table, "COVID_API_WRITE_KEYS": f"{KEY},{OTHER_KEY}"}


@pytest.fixture(scope="package")
def start(api_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Starts a service of its own for a test: `with start(NAME=value) as service`."""

    @contextmanager
    def started(**changes: str) -> Iterator[Service]:
        service = Service({**api_env, **changes}, tmp_path_factory.mktemp("api") / "log")
        try:
            yield service
        finally:
            if service.process.poll() is None:
                service.stop()

    return started


def _random_row(source: str, region: str, date: dt.date, random_: random.Random) -> Row:
    def number(low: int, high: int) -> int | None:
        return random_.choice([None, 0, random_.randint(low, high), random_.randint(low, high)])

    def fraction() -> float | None:
        return random_.choice([None, 0.0, random_.random() / 3, random_.random() * 1e5])

    confirmed = number(0, MAX_COUNT)
    return Row(
        source=source,
        region=region,
        date=date,
        confirmed=confirmed,
        deaths=number(0, 10**6),
        recovered_status=random_.choice(["missing", "suppressed", "ended"]),
        tests=number(0, 10**9),
        tests_status=random_.choice([None, "not_due"]),
        confirmed_source=None if confirmed is None else source,
        new_confirmed=number(-(10**6), 10**6),
        new_deaths=number(-100, 100),
        avg7_confirmed=fraction(),
        avg7_deaths=fraction(),
        incidence=fraction(),
        incidence_7d=fraction(),
        case_fatality_ratio=fraction(),
        doubling_time=fraction(),
        revision=random_.randint(1, 10**9),
        lineage=",".join(str(random_.randint(0, 10**9)) for _ in range(random_.randint(1, 120))),
    )


def _seed_rows() -> list[Row]:
    """Rows of several sources, each seventh day a tombstone."""
    random_ = random.Random(3)
    spans = {
        ("merged", "CA"): HISTORY_DAYS,
        ("merged", "CA-ON"): 60,
        ("merged", "CA-QC"): 60,
        ("merged", "FR"): 7,
        ("phac", "CA-ON"): 30,
    }
    first = dt.date(2020, 1, 22)
    rows = []
    for (source, region), days in spans.items():
        for i in range(days):
            date = first + dt.timedelta(days=i)
            row = _random_row(source, region, date, random_)
            rows.append(row if i % 7 else Row(source, region, date, deleted=True, revision=row.revision))
    return rows


@pytest.fixture(scope="package")
def sink_store(api_env: dict[str, str]) -> Iterator[DynamoSink]:
    """The sink's adapter on the table of these tests."""
    settings = load(DynamoSettings, api_env, lambda path: Path(path).read_text())
    sink = DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
    sink.open()
    yield sink
    sink.close()


@pytest.fixture(scope="package")
def stored(sink_store: DynamoSink) -> list[Row]:
    """What is in the table from the start, tombstones included."""
    rows = _seed_rows()
    report = sink_store.write(rows)
    assert report.applied == len(rows)
    return rows


@pytest.fixture(scope="package")
def service(start: Callable[..., Any], stored: list[Row]) -> Iterator[Service]:
    """The API over the stored rows."""
    with start() as running:
        yield running


@pytest.fixture(scope="package")
def client(service: Service) -> httpx.Client:
    """A client without a key."""
    return service.client


@pytest.fixture(scope="package")
def writer(service: Service) -> Iterator[httpx.Client]:
    """A client with a key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=service.url, timeout=60, headers=headers) as client:
        yield client


@pytest.fixture(scope="package")
def stream(stack: Any) -> Iterator[LittleStream]:
    """Merges what the API writes."""
    running = LittleStream(stack.kafka_bootstrap)
    yield running
    running.stop()


@pytest.fixture(scope="package")
def sink(
    api_env: dict[str, str], sink_store: DynamoSink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The DynamoDB sink as a process, in a consumer group of its own."""
    env = {**os.environ, **api_env, "COVID_SINK_GROUP_SUFFIX": f"-{uuid.uuid4().hex[:8]}"}
    log = tmp_path_factory.mktemp("sink") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "covid_sinks", "dynamodb"],
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="package")
def live(stream: LittleStream, sink: None, writer: httpx.Client) -> httpx.Client:
    """A client with a key, where what is written arrives in DynamoDB; waits until the first write has."""
    deadline = time.monotonic() + 60
    first = {"source": "warm-up", "region": "CA-YT", "date": "2020-03-01", "confirmed": 1}
    while writer.post("/v1/records", params={"wait": 10}, json=first).status_code != 201:
        assert time.monotonic() < deadline, "no write arrives in DynamoDB"
    return writer


@pytest.fixture
def source() -> str:
    """A publisher of one test's own."""
    return f"test-{uuid.uuid4().hex[:12]}"


Append = Callable[..., str]


@pytest.fixture
def append(stack: Any) -> Append:
    """Appends records to the log, and tells when it has taken the last, by its own clock. Nothing merges
    them: what comes of them is found in the log."""
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap, "partitioner": "murmur2_random"})

    def append(*items: Mapping[str, Any]) -> str:
        stamps: list[int] = []
        for item in items:
            producer.produce(
                topics.RECORDS,
                json.dumps(item),
                item["region"],
                on_delivery=lambda error, message: stamps.append(message.timestamp()[1]),
            )
        assert producer.flush(10) == 0
        return dt.datetime.fromtimestamp(max(stamps) / 1000, dt.UTC).isoformat()

    return append


REPORTED_REGION = "CA-NT"
REPORTS = (
    # day, confirmed, reported at
    ("2021-01-01", 100, "2021-01-02T00:00:00Z"),
    ("2021-01-02", 110, "2021-01-03T12:00:00Z"),
    ("2021-01-01", 90, "2021-02-01T00:00:00Z"),
)


@pytest.fixture
def reported(append: Append, source: str) -> str:
    """A source whose reports of a region are in the log, the newest first."""
    append(
        *(
            {
                "source": source,
                "region": REPORTED_REGION,
                "date": day,
                "confirmed": confirmed,
                "reported_at": at,
            }
            for day, confirmed, at in reversed(REPORTS)
        )
    )
    return source


DIFFERENT_DAY = "2019-12-30"
"""A day that no file has, so that other tests' records are not met."""


@pytest.fixture
def different(append: Append) -> str:
    """A day of which PHAC reports 50 deaths, Johns Hopkins 40 on 2020-01-01 and 60 on 2020-01-05."""
    append(
        *(
            {
                "source": source,
                "region": REPORTED_REGION,
                "date": DIFFERENT_DAY,
                "deaths": count,
                "reported_at": f"{at}T00:00:00Z",
            }
            for source, count, at in (
                ("phac", 50, "2020-01-01"),
                ("jhu", 40, "2020-01-01"),
                ("jhu", 60, "2020-01-05"),
            )
        )
    )
    return DIFFERENT_DAY


@pytest.fixture
def publish_report(live: httpx.Client, stream: LittleStream) -> Callable[[dict[str, Any]], None]:
    """Publishes a record as a publisher would, and waits until DynamoDB shows it."""

    def publish(item: dict[str, Any]) -> None:
        stream.report(item)
        deadline = time.monotonic() + 20
        record_id = f"{item['source']}:{item['region']}:{item['date']}"
        while live.get("/v1/records", params={"id": record_id}).status_code != 200:
            assert time.monotonic() < deadline, f"{record_id} does not arrive"
            time.sleep(0.05)

    return publish
