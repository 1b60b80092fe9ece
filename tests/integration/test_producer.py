"""The producer as a process of its own, on the real broker, object storage and a web server."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from covid_core import dlq, records, topics
from covid_core.partitioning import partition_of
from covid_core.records import Record
from covid_producer import kafka, ledger
from covid_producer.kafka import Headers, Log, LogUnavailable
from covid_producer.plan import Plan, Scope
from covid_producer.publish import Publisher, Stopped
from covid_producer.sources.folder import Folder

pytestmark = pytest.mark.integration

TOPICS = (topics.RECORDS, topics.RECORDS_DLQ, topics.FILES)
SECONDS = 30
CANADA = Scope(frozenset({"CA"}), None, False)
PHAC = "pruid,prname,prnameFR,date,numconf,numprob,numdeaths,numtotal,numtoday\n"

_numbers = count(int(time.time()) % 1_000_000 * 1000)


def phac(*days: str, bad: str = "") -> str:
    """A daily file of Ontario with a count that no other file has, so that its hash is new too."""
    number = next(_numbers)
    rows = "".join(f"35,Ontario,Ontario,{day},0,0,1,{number},0\n" for day in days)
    return PHAC + rows + bad


class Tap:
    """What is appended to the log from now on."""

    def __init__(self, bootstrap: str) -> None:
        # A fetch that waits for more holds up every other question on its connection.
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "fetch.wait.max.ms": 10}
        )
        self._consumer.assign([TopicPartition(*where) for where in self._ends()])
        self.messages: list[Message] = []

    def _ends(self) -> list[tuple[str, int, int]]:
        found = []
        for topic in TOPICS:
            for partition in self._consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                found.append((topic, partition, self._end(TopicPartition(topic, partition))))
        return found

    def _end(self, place: TopicPartition) -> int:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return self._consumer.get_watermark_offsets(place, timeout=10)[1]
            except KafkaException as error:
                # A topic that was made a moment ago.
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def read(self) -> None:
        """Take everything that is in the log by now."""
        self.messages += self.taken(sum(end for _, _, end in self._ends()))

    def taken(self, end: int) -> list[Message]:
        found: list[Message] = []
        deadline = time.monotonic() + SECONDS
        while self._position() < end:
            assert time.monotonic() < deadline
            message = self._consumer.poll(0.1)
            if message is not None:
                assert message.error() is None
                found.append(message)
        return found

    def _position(self) -> int:
        places = self._consumer.position(self._consumer.assignment())
        assigned = {(p.topic, p.partition): p.offset for p in self._consumer.assignment()}
        return sum(p.offset if p.offset >= 0 else assigned[p.topic, p.partition] for p in places)

    def of(self, topic: str) -> list[Message]:
        return [message for message in self.messages if message.topic() == topic]

    def records(self) -> list[Record]:
        now = dt.datetime.now(dt.UTC)
        return [records.decode(message.value(), now) for message in self.of(topics.RECORDS)]

    def letters(self) -> list[dlq.DeadLetter]:
        return [dlq.decode(message.value() or b"") for message in self.of(topics.RECORDS_DLQ)]

    def finished(self) -> dict[str, ledger.Finished | None]:
        return {
            (message.key() or b"").decode(): ledger.decode(message.value() or b"")
            for message in self.of(topics.FILES)
        }

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def tap(stack: Any) -> Iterator[Tap]:
    opened = Tap(stack.kafka_bootstrap)
    yield opened
    opened.close()


@pytest.fixture
def publish(stack: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "covid_producer", "publish", *map(str, arguments)],
            env={**os.environ, **stack.settings, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class Watching:
    """The producer as a service."""

    def __init__(self, environ: Mapping[str, str], log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "covid_producer",
                    "publish",
                    "--every",
                    "300ms",
                    "--watch",
                    *arguments,
                ],
                env={**os.environ, **environ},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def until(self, text: str) -> None:
        deadline = time.monotonic() + SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def until_ready(self) -> None:
        self.until("health and metrics on port ")
        port = self.output.partition("on port ")[2].split()[0]
        deadline = time.monotonic() + SECONDS
        while httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code != 200:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        assert "covid_producer_records_total" in httpx.get(f"http://127.0.0.1:{port}/metrics").text

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


@pytest.fixture
def watch(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def start(*arguments: str, **environ: str) -> Watching:
        log = tmp_path_factory.mktemp("watch") / "log"
        started.append(Watching({**stack.settings, **environ}, log, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


# --- once


def test_a_folder_is_published_whole(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    bad = "36,Nowhere,Nulle part,2021-01-14,0,0,1,5,0\n35,Ontario,Ontario,2021-01-15,0,0,1,-5,0\n"
    text = phac("2021-01-13", "2021-01-14", bad=bad)
    (tmp_path / "covid19.csv").write_text(text)
    (tmp_path / "README.md").write_text("# about\n")
    head = "Province/State,Country/Region,Lat,Long,1/22/20,1/23/20\n"
    number = next(_numbers)
    for n, field in enumerate(("confirmed", "deaths", "recovered")):
        rows = ",Canada,,,3,4\n" if field == "recovered" else f"Ontario,Canada,,,{number},{number + n}\n"
        (tmp_path / f"time_series_covid19_{field}_global.csv").write_text(head + rows)
    result = publish(tmp_path)
    assert result.returncode == 3, result.stdout + result.stderr
    tap.read()

    ids = [(record.id, record.confirmed, record.deaths, record.recovered) for record in tap.records()]
    confirmed = int(text.splitlines()[1].split(",")[7])
    # A record's order in the log is by file and day; partitions come one after the other here.
    assert sorted(ids, key=str) == sorted(
        [
            ("phac:CA-ON:2021-01-13", confirmed, 1, None),
            ("phac:CA-ON:2021-01-14", confirmed, 1, None),
            ("jhu:CA-ON:2020-01-22", number, number, None),
            ("jhu:CA-ON:2020-01-23", number, number + 1, None),
            ("jhu:CA:2020-01-22", number, number, 3),
            ("jhu:CA:2020-01-23", number, number + 1, 4),
        ],
        key=str,
    )
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    partitions = 1 + max(message.partition() or 0 for message in tap.of(topics.RECORDS))
    for message in tap.of(topics.RECORDS):
        record = records.decode(message.value(), dt.datetime.now(dt.UTC))
        assert message.key() == record.region.encode()
        assert message.partition() == partition_of(record.region, 4), partitions
        headers = {name: bytes(value or b"").decode() for name, value in cast(Headers, message.headers())}
        assert headers["actor"] == "producer"
        if record.source == "phac":
            assert headers["file"] == f"covid19.csv {sha256}"
            assert record.reported_at == dt.datetime(2021, 1, 14, 23, 59, 59, tzinfo=dt.UTC)
        else:
            assert headers["file"].count("; ") == 2

    letters = tap.letters()
    assert [(letter.code, letter.origin) for letter in letters] == [
        ("unknown_region", dlq.FileOrigin("covid19.csv", sha256, 4, "pruid")),
        ("negative", dlq.FileOrigin("covid19.csv", sha256, 5, "numtotal")),
    ]
    assert letters[0].raw.decode() == bad.splitlines(keepends=True)[0]
    assert [message.key() for message in tap.of(topics.RECORDS_DLQ)] == [
        dlq.key(letter) for letter in letters
    ]

    entries = tap.finished()
    assert len(entries) == 4
    entry = entries[sha256]
    assert entry is not None
    assert (entry.name, entry.records, entry.refused, entry.countries) == ("covid19.csv", 2, 2, ("CA",))
    assert "covid19.csv, line 5, column numtotal: -5 is negative" in result.stdout
    assert "README.md: not a publisher's file" in result.stdout
    assert "phac-daily" in result.stdout
    assert "jhu-series" in result.stdout


def test_publishing_again_appends_nothing(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13", bad="short,line\n"))
    assert publish(tmp_path).returncode == 3
    tap.read()
    before = len(tap.messages)
    again = publish(tmp_path)
    tap.read()
    assert (again.returncode, len(tap.messages)) == (0, before)
    assert "published already" in again.stdout

    forced = publish(tmp_path, "--force")
    tap.read()
    assert forced.returncode == 3
    assert len(tap.messages) == 2 * before
    assert len({dlq.key(letter) for letter in tap.letters()}) == 1, "the same refusal, told twice"


def test_more_countries_are_not_skipped(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    path = tmp_path / "time_series_covid19_confirmed_global.csv"
    path.write_text(
        f"Province/State,Country/Region,Lat,Long,1/22/20\nOntario,Canada,,,{next(_numbers)}\n,Italy,,,2\n"
    )
    for countries, regions in (("CA", {"CA", "CA-ON"}), ("all", {"CA", "CA-ON", "IT"}), ("IT", set())):
        tap.messages.clear()
        assert publish(path, "--countries", countries).returncode == 0
        tap.read()
        assert {record.region for record in tap.records()} == regions


def test_reported_at_may_be_given(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    assert publish(tmp_path, "--reported-at", "2021-02-01T12:00:00Z").returncode == 0
    tap.read()
    assert [record.reported_at for record in tap.records()] == [dt.datetime(2021, 2, 1, 12, tzinfo=dt.UTC)]


def test_a_file_that_cannot_be_used_costs_itself_only(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    mixed = phac("2021-01-13", "14-01-2021")
    (tmp_path / "mixed.csv").write_text(mixed)
    assert publish(tmp_path).returncode == 1
    (tmp_path / "good.csv").write_text(phac("2021-01-13"))
    result = publish(tmp_path)
    assert result.returncode == 3
    assert "mixed.csv, line 3, column date" in result.stdout
    tap.read()
    assert len(tap.records()) == 1
    sha256 = hashlib.sha256(mixed.encode()).hexdigest()
    letter = tap.letters()[-1]
    assert letter.origin == dlq.FileOrigin("mixed.csv", sha256, 3, "date")
    assert (letter.raw, letter.sha256) == (mixed.encode(), sha256)
    assert sha256 not in tap.finished()


def test_a_file_of_nobodys_is_an_error_when_asked_for(
    tmp_path: Path, tap: Tap, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    other, good = tmp_path / "other.csv", tmp_path / "good.csv"
    other.write_text("a,b\n1,2\n")
    good.write_text(phac("2021-01-13"))
    assert publish(other).returncode == 1
    both = publish(other, good)
    assert both.returncode == 3
    assert "other.csv, line 1: the header is none of PHAC's or JHU's: a,b" in both.stdout
    tap.read()
    assert tap.letters() == []


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_nothing_to_publish_is_an_error(
    kind: str, tmp_path: Path, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    result = publish(tmp_path / "absent" if kind == "absent" else tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_broker_one_sentence_says_what_to_do(
    tmp_path: Path, publish: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    result = publish(tmp_path, COVID_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: no Kafka broker answers at 127.0.0.1:1: start one (make run)")
    wrong = publish(tmp_path, COVID_KAFKA_PARTITIONS="none")
    assert (wrong.returncode, "COVID_KAFKA_PARTITIONS" in wrong.stderr) == (1, True)


def test_a_broker_without_the_topics_is_named(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "NEEDED", (topics.RECORDS, "covid.absent"))
    log = Log({"bootstrap.servers": stack.kafka_bootstrap})
    with pytest.raises(LogUnavailable, match=r"has no topic covid\.absent: start the stack"):
        log.check()


class Quiet:
    """Nobody looks at the progress."""

    def planned(self, plan: Plan) -> None: ...
    def started(self, batch: object, records: int) -> None: ...
    def advanced(self, records: int) -> None: ...


def test_a_file_that_was_interrupted_is_published_again(stack: Any, tmp_path: Path, tap: Tap) -> None:
    first = dt.date(2020, 1, 1)
    days = [(first + dt.timedelta(days=n)).isoformat() for n in range(1500)]
    text = phac(*days)
    (tmp_path / "a.csv").write_text(text)
    log = Log({"bootstrap.servers": stack.kafka_bootstrap})
    stops = iter([False, True])
    publisher = Publisher(log, Quiet(), lambda: dt.datetime.now(dt.UTC), lambda: next(stops, False))
    with pytest.raises(Stopped):
        publisher.publish(Folder(tmp_path).poll(), CANADA)
    log.flush()
    tap.read()
    assert len(tap.records()) == 1000
    assert tap.finished() == {}
    publisher.publish(Folder(tmp_path).poll(), CANADA)
    tap.read()
    assert {record.date.isoformat() for record in tap.records()[1000:]} == set(days)
    assert set(tap.finished()) == {hashlib.sha256(text.encode()).hexdigest()}


def test_records_that_the_broker_refuses_are_told(stack: Any) -> None:
    quickly = {"topic.metadata.propagation.max.ms": 500}
    log = Log({"bootstrap.servers": stack.kafka_bootstrap} | quickly)
    log.append("covid.no-such-topic", b"k", b"v")
    with pytest.raises(LogUnavailable, match="did not take all records"):
        log.flush()


# --- as a service


def test_a_watched_folder(tmp_path: Path, tap: Tap, watch: Callable[..., Watching]) -> None:
    service = watch(str(tmp_path))
    service.until("watching")
    service.until_ready()
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    service.until("a.csv")
    (tmp_path / "b.csv").write_text(phac("2021-01-14", "2021-01-15"))
    service.until("b.csv")
    time.sleep(1)
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in sorted(tap.records(), key=lambda r: r.date)] == [13, 14, 15]
    assert len(tap.finished()) == 2


def test_a_watched_bucket(stack: Any, tap: Tap, watch: Callable[..., Watching]) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.s3.endpoint,
        aws_access_key_id=stack.s3.key,
        aws_secret_access_key=stack.s3.secret,
        region_name=stack.s3.region,
    )
    prefix = f"incoming-{uuid.uuid4().hex[:8]}"
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/a.csv", Body=phac("2021-01-13").encode())
    service = watch(f"s3://{stack.s3.bucket}/{prefix}/")
    service.until("a.csv")
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/sub/b.csv", Body=phac("2021-01-14").encode())
    service.until("b.csv")
    s3.put_object(Bucket=stack.s3.bucket, Key=f"{prefix}/a.csv", Body=phac("2021-01-15").encode())
    service.until("2021-01-15")
    assert service.stop() == 0
    tap.read()
    assert sorted(record.date.day for record in tap.records()) == [13, 14, 15]


class Handler(SimpleHTTPRequestHandler):
    """A folder over HTTP with ETags."""

    server: Web

    def do_GET(self) -> None:
        body = Path(self.translate_path(self.path)).read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        known = self.headers.get("If-None-Match") == etag
        self.server.answers.append(304 if known else 200)
        self.send_response(304 if known else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", "0" if known else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if known else body)

    def log_message(self, format: str, *args: object) -> None: ...


class Web(ThreadingHTTPServer):
    """The web server of one folder."""

    allow_reuse_address = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(
            ("127.0.0.1", port),
            lambda *given: Handler(*given, directory=str(folder)),
        )
        self.answers: list[int] = []
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def test_where_no_place_answers_what_was_published_stays(
    tmp_path: Path, publish: Callable[..., subprocess.CompletedProcess[str]], tap: Tap
) -> None:
    (tmp_path / "a.csv").write_text(phac("2021-01-12"))
    assert publish(tmp_path / "a.csv").returncode == 0
    tap.read()
    before = len(tap.messages)
    done = publish("http://127.0.0.1:9/covid19-download.csv", "--or-invent")
    assert done.returncode == 0, done.stderr
    assert "stays as it is" in done.stdout
    tap.read()
    assert len(tap.messages) == before > 0


def test_a_watched_address_that_is_down_at_first(
    tmp_path: Path, tap: Tap, watch: Callable[..., Watching]
) -> None:
    probe = Web(tmp_path, 0)
    port = probe.server_port
    probe.close()
    path = tmp_path / "covid19-download.csv"
    path.write_text(phac("2021-01-13"))
    service = watch(f"http://127.0.0.1:{port}/covid19-download.csv")
    service.until("is there a network?; trying again later")
    server = Web(tmp_path, port)
    try:
        service.until("2021-01-13 23:59:59")
        deadline = time.monotonic() + SECONDS
        while server.answers.count(304) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        path.write_text(phac("2021-01-14"))
        service.until("2021-01-14 23:59:59")
    finally:
        server.close()
    assert server.answers.count(200) == 2
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in tap.records()] == [13, 14]


class Forward(socketserver.ThreadingTCPServer):
    """A port that leads to the broker."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, broker: str) -> None:
        host, _, number = broker.rpartition(":")
        self._broker = (host, int(number))
        super().__init__(("127.0.0.1", port), Pipe)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def connect(self) -> socket.socket:
        return socket.create_connection(self._broker)


class Pipe(socketserver.BaseRequestHandler):
    """Both directions of one connection."""

    server: Forward
    request: socket.socket

    def handle(self) -> None:
        with self.server.connect() as broker:
            back = threading.Thread(target=self.copy, args=(broker, self.request), daemon=True)
            back.start()
            self.copy(self.request, broker)

    @staticmethod
    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)


def test_watching_goes_on_without_a_broker_and_publishes_when_it_is_back(
    stack: Any, tmp_path: Path, tap: Tap, watch: Callable[..., Watching]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "a.csv").write_text(phac("2021-01-13"))
    service = watch(str(tmp_path), COVID_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}")
    service.until("trying again later")
    with Forward(port, stack.kafka_bootstrap) as forward:
        service.until("2021-01-13 23:59:59")
        forward.shutdown()
    assert service.stop() == 0
    tap.read()
    assert [record.date.day for record in tap.records()] == [13]
