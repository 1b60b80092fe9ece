"""The inbox of `cloud/apigateway` over the real broker, DynamoDB Local and its stream, and S3.

The functions are processes of AWS's runtime client; the mapping templates are the deployed ones. How the log
reaches the stores is for `tests/e2e`.
"""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from covid_batch.aws_lambda.uploads import handler as uploads_handler
from covid_cli.batch.apigateway.sources import notification
from covid_cli.batch.apigateway.system import Inbox, inbox
from covid_cli.batch.functions import Function, FunctionError
from covid_core import dlq, records, topics
from covid_core.environment import load
from covid_core.logged import Logged
from covid_core.records import MAX_COUNT, Record
from covid_core.region_state import Head, advance
from covid_core.rows import Row
from covid_core.settings import DynamoSettings
from covid_sinks.dynamodb import DynamoSink

pytestmark = pytest.mark.integration
SECONDS = 30


class Log:
    """What has come to `covid.records` and its dead letters since these tests began."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused"})
        places = []
        for topic in (topics.RECORDS, topics.RECORDS_DLQ):
            for partition in self._consumer.list_topics(topic, 10).topics[topic].partitions:
                end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)[1]
                places.append(TopicPartition(topic, partition, end))
        self._consumer.assign(places)
        self.messages: list[Any] = []

    def until(self, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + SECONDS
        while not (answer := found()):
            assert time.monotonic() < deadline, [message.value() for message in self.messages]
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.messages.append(message)
        return answer

    def of(self, source: str, count: int) -> list[tuple[Record, Any]]:
        """The first `count` records of a source, each with its message."""

        def found() -> list[tuple[Record, Any]] | None:
            said = [
                (records.decode(message.value(), stamp(message)), message)
                for message in self.messages
                if message.topic() == topics.RECORDS and f'"{source}"'.encode() in message.value()
            ]
            return said if len(said) >= count else None

        answer: list[tuple[Record, Any]] = self.until(found)
        return answer

    def letter(self, key: str) -> dlq.DeadLetter:
        """The dead letter of an item."""

        def found() -> dlq.DeadLetter | None:
            letters = (dlq.decode(m.value()) for m in self.messages if m.topic() == topics.RECORDS_DLQ)
            return next(
                (
                    each
                    for each in letters
                    if isinstance(each.origin, dlq.ItemOrigin) and each.origin.key == key
                ),
                None,
            )

        answer: dlq.DeadLetter = self.until(found)
        return answer

    def close(self) -> None:
        self._consumer.close()


def stamp(message: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(message.timestamp()[1] / 1000, dt.UTC)


@pytest.fixture(scope="module")
def environ(stack: Any) -> dict[str, str]:
    """The stack's, with tables and prefixes of these tests' own."""
    mine = uuid.uuid4().hex[:8]
    return {
        **stack.settings,
        "COVID_INBOX_TABLE": f"covid_inbox_{mine}",
        "COVID_INBOX_UPLOADS": f"inbox-{mine}/",
        "COVID_INBOX_REPORTS": f"reports-{mine}/",
        "COVID_DYNAMODB_TABLE": f"covid_metrics_{mine}",
    }


@pytest.fixture(scope="module")
def troubles() -> list[str]:
    """What the functions could not do."""
    return []


@pytest.fixture(scope="module")
def parts(
    environ: dict[str, str], troubles: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inbox]:
    with inbox(environ, tmp_path_factory.mktemp("logs"), troubles.append) as running:
        yield running


@pytest.fixture(scope="module")
def log(stack: Any) -> Iterator[Log]:
    opened = Log(stack.kafka_bootstrap)
    yield opened
    opened.close()


@pytest.fixture
def source() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def post(parts: Inbox, **body: Any) -> Any:
    return parts.api.request("POST", "/records", body=json.dumps(body))


def rows_of(said: Sequence[tuple[Record, Any]]) -> list[Row]:
    """What follows from records of one region, by the core."""

    class Chunks(dict[str, bytes]):
        def put(self, key: str, value: bytes) -> None:
            self[key] = value

    logged = [Logged(record, number) for number, (record, _) in enumerate(said)]
    return advance(said[0][0].region, Head(), Chunks(), logged, 1)[1]


def test_written_read_and_deleted(parts: Inbox, log: Log, source: str) -> None:
    key = f"{source}:CA-ON:2021-01-02"
    status = {"recovered": "ended"}
    stored = post(parts, id=key, confirmed=0, deaths=MAX_COUNT, status=status)
    assert (stored.status, stored.body["stored"]) == (201, True)
    read = parts.api.request("GET", "/records", {"id": key})
    assert read == (200, {"id": key, "confirmed": 0, "deaths": MAX_COUNT, "status": status})
    ((record, message),) = log.of(source, 1)
    assert (record.confirmed, record.deaths, record.status) == (0, MAX_COUNT, status)
    assert record.correction
    headers = {name: value.decode() for name, value in message.headers()}
    assert headers == {
        "actor": "arn:aws:iam::000000000000:user/local",
        "request_id": stored.body["request_id"],
    }
    deleted = parts.api.request("DELETE", "/records", {"id": key})
    assert deleted == (200, {"id": key, "deleted": True})
    assert parts.api.request("GET", "/records", {"id": key}).status == 404
    assert parts.api.request("DELETE", "/records", {"id": key}).status == 404
    said = log.of(source, 2)
    assert said[1][0].deleted
    (row,) = rows_of(said)
    assert row.deleted


def test_changes_within_one_batch_end_as_the_item_does(parts: Inbox, log: Log, source: str) -> None:
    key = f"{source}:CA-QC:2021-01-02"
    post(parts, id=key, confirmed=5, deaths=1)
    parts.api.request("DELETE", "/records", {"id": key})
    post(parts, id=key, confirmed=6, deaths=2)
    post(parts, id=key, confirmed=7)
    said = log.of(source, 5)
    assert [(r.deleted, r.withdrawn, r.confirmed) for r, _ in said] == [
        (False, False, 5),
        (True, False, None),
        (False, False, 6),
        (False, True, None),
        (False, False, 7),
    ]
    stamps = [message.timestamp()[1] for _, message in said]
    assert stamps == sorted(set(stamps))
    (row,) = rows_of(said)
    assert (row.deleted, row.confirmed, row.deaths) == (False, 7, None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '{"id": "CA-ON", "confirmed": 1}',
        '{"id": "phac:CA-ON:2021-01-02"}',
        '{"id": "phac:CA-ON:2021-01-02", "confirmed": -1}',
        f'{{"id": "phac:CA-ON:2021-01-02", "confirmed": {MAX_COUNT + 1}}}',
        '{"id": "phac:CA-ON:2021-01-02", "confirmed": "5"}',
        '{"id": "phac:CA-ON:2021-01-02", "confrmed": 5}',
        '{"id": "phac:CA-ON:2021-01-02", "status": {"deaths": "gone"}}',
        '{"id": "phac:CA-ON:2021-01-02\\", \\"x", "confirmed": 5}',
    ],
)
def test_what_is_no_correction_is_not_stored(parts: Inbox, body: str) -> None:
    answer = parts.api.request("POST", "/records", body=body)
    assert (answer.status, set(answer.body)) == (400, {"message"})
    assert parts.api.request("GET", "/records", {"id": "phac:CA-ON:2021-01-02"}).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("key", ["CA-ON", "phac:CA-ON:2021-1-2", 'phac:CA-ON:2021-01-02"', "x" * 3000])
def test_an_id_that_does_not_parse(parts: Inbox, method: str, key: str) -> None:
    answer = parts.api.request(method, "/records", {"id": key})
    assert (answer.status, answer.body["message"][:33]) == (400, "id is not source:region:date, e.g")


def test_an_id_is_due(parts: Inbox) -> None:
    answer = parts.api.request("DELETE", "/records")
    assert answer == (400, {"message": "Missing required request parameters: [id]"})


def report_of(parts: Inbox, key: str) -> Any:
    prefix = parts.settings.reports + key.removeprefix(parts.settings.uploads)
    deadline = time.monotonic() + SECONDS
    while True:
        found = parts.s3.list_objects_v2(Bucket=parts.bucket, Prefix=prefix).get("Contents")
        if found:
            return json.loads(parts.s3.get_object(Bucket=parts.bucket, Key=found[0]["Key"])["Body"].read())
        assert time.monotonic() < deadline, f"no report for {key}"
        time.sleep(0.1)


def test_a_file_in_the_bucket(parts: Inbox, log: Log, source: str) -> None:
    days = [dt.date(2021, 1, 1) + dt.timedelta(i) for i in range(60)]
    lines = [f"{source}:CA-ON:{day},{100 + i}" for i, day in enumerate(days)]
    text = "\n".join(["id,confirmed", "CA-ON,5", *lines, f"{source}:CA-XX:2021-01-01,5", lines[0]])
    key = parts.drop("edits & more.csv", text.encode())
    report = report_of(parts, key)
    assert (report["accepted"], report["refused_lines"]) == (60, 3)
    assert report["object"] == f"s3://{parts.bucket}/{key}"
    assert [(each["line"], each["code"]) for each in report["refused"]] == [
        (2, "bad_id"),
        (63, "unknown_region"),
        (64, "repeated"),
    ]
    said = log.of(source, 60)
    assert [row.new_confirmed for row in rows_of(said)] == [None, *[1] * 59]
    headers = dict(said[0][1].headers())
    assert headers["actor"] == f"s3://{parts.bucket}/{key}".encode()


def test_an_event_of_a_file_that_comes_again_writes_nothing(
    parts: Inbox, environ: dict[str, str], source: str, tmp_path: Path
) -> None:
    written = f"{source}:CA-ON:2021-01-01"
    key = parts.drop("once.csv", f"id,confirmed\n{written},5\n".encode())
    report = report_of(parts, key)
    post(parts, id=written, confirmed=7)
    handler = f"{uploads_handler.__module__}.{uploads_handler.__name__}"
    with Function(handler, environ, tmp_path / "log", 60) as function:
        assert function.invoke(notification(parts.bucket, key, report["version"])) == [report]
        (late,) = function.invoke(notification(parts.bucket, key, "replaced"))
    assert (late["accepted"], late["refused"][0]["code"]) == (0, "superseded")
    assert parts.api.request("GET", "/records", {"id": written}).body["confirmed"] == 7


def test_a_late_file_leaves_alone_what_was_said_after_it(
    parts: Inbox, environ: dict[str, str], source: str, tmp_path: Path
) -> None:
    days = [f"{source}:CA-ON:2021-01-0{day}" for day in (1, 2, 3)]
    # Under a prefix of its own, of whose files nobody tells the running function.
    mine = {**environ, "COVID_INBOX_UPLOADS": f"late-{source}/"}
    key = f"late-{source}/edits.csv"
    content = "id,confirmed\n" + "".join(f"{day},5\n" for day in days)
    put = parts.s3.put_object(Bucket=parts.bucket, Key=key, Body=content.encode())
    event = notification(parts.bucket, key, put["ETag"].strip('"'))
    time.sleep(0.01)
    post(parts, id=days[1], confirmed=7)
    handler = f"{uploads_handler.__module__}.{uploads_handler.__name__}"
    with Function(handler, mine, tmp_path / "log", 60) as function:
        (report,) = function.invoke(event)
    assert (report["accepted"], report["outdated"]) == (3, 1)
    read = [parts.api.request("GET", "/records", {"id": day}).body["confirmed"] for day in days]
    assert read == [5, 7, 5]


def test_a_file_that_cannot_be_used_writes_nothing(parts: Inbox, source: str) -> None:
    key = parts.drop("wrong.csv", f"id,confrmed\n{source}:CA-ON:2021-01-01,5\n".encode())
    report = report_of(parts, key)
    assert (report["accepted"], report["refused_lines"]) == (0, 1)
    assert report["refused"][0]["column"] == "confrmed"
    assert parts.api.request("GET", "/records", {"id": f"{source}:CA-ON:2021-01-01"}).status == 404


def test_events_that_are_not_for_the_function(
    parts: Inbox, environ: dict[str, str], source: str, tmp_path: Path
) -> None:
    uploads = parts.settings.uploads
    good = f"{uploads}good.csv"
    parts.s3.put_object(
        Bucket=parts.bucket, Key="elsewhere/good.csv", Body=f"id,deaths\n{source}:CA-ON:2021-01-01,5\n"
    )
    both = notification(parts.bucket, "elsewhere/good.csv", "a")
    both["Records"] += notification(parts.bucket, f"{uploads}never.csv", "b")["Records"]
    cases = [
        (notification(parts.bucket, f"{uploads}never.csv", "a"), "never.csv is not there"),
        (notification("theirs", good, "a"), "is of another bucket than"),
        (both, "elsewhere/good.csv is not inbox-"),
        ({"Records": [{"body": "x"}]}, "the event is not an S3 notification"),
        ({}, "the event is not an S3 notification"),
    ]
    handler = f"{uploads_handler.__module__}.{uploads_handler.__name__}"
    with Function(handler, environ, tmp_path / "log", 60) as function:
        for event, says in cases:
            with pytest.raises(FunctionError, match=says) as caught:
                function.invoke(event)
            assert caught.value.kind == "BadEvent"
    assert parts.api.request("GET", "/records", {"id": f"{source}:CA-ON:2021-01-01"}).status == 404


def test_an_item_that_is_no_record_is_a_dead_letter(parts: Inbox, log: Log, source: str) -> None:
    key, good = f"{source}:CA-XX:2021-01-01", f"{source}:CA-ON:2021-01-01"
    for written in (key, good):
        parts.dynamodb.put_item(
            TableName=parts.settings.table, Item={"id": {"S": written}, "tests": {"N": "1"}}
        )
    letter = log.letter(key)
    assert (letter.code, letter.complete) == ("unknown_region", True)
    assert log.of(source, 1)[0][0].id == good


def test_an_item_that_is_no_record_in_between_loses_neither_withdrawal_nor_deletion(
    parts: Inbox, log: Log, source: str
) -> None:
    key = f"{source}:CA-ON:2021-01-01"
    bad = {"id": {"S": key}, "confirmed": {"N": str(MAX_COUNT + 1)}}
    post(parts, id=key, confirmed=5, deaths=1)
    parts.dynamodb.put_item(TableName=parts.settings.table, Item=bad)
    assert log.letter(key).code == "bad_count"
    post(parts, id=key, confirmed=6)
    parts.dynamodb.put_item(TableName=parts.settings.table, Item=bad)
    parts.api.request("DELETE", "/records", {"id": key})
    said = log.of(source, 4)
    assert [(r.deleted, r.withdrawn, r.confirmed, r.deaths) for r, _ in said] == [
        (False, False, 5, 1),
        (False, True, None, None),
        (False, False, 6, None),
        (True, False, None, None),
    ]
    (row,) = rows_of(said[:3])
    assert (row.confirmed, row.deaths) == (6, None)


def test_metrics_page_by_page(parts: Inbox, environ: dict[str, str]) -> None:
    settings = load(DynamoSettings, environ, lambda path: Path(path).read_text())
    sink = DynamoSink(settings, lambda: dt.datetime.now(dt.UTC))
    days = [dt.date(2021, 1, 1) + dt.timedelta(i) for i in range(5)]
    sink.open()
    live = [Row("merged", "CA-ON", day, confirmed=i, avg7_confirmed=i / 7) for i, day in enumerate(days)]
    sink.write([*live[:3], Row("merged", "CA-ON", days[3], deleted=True), live[4]])
    sink.close()
    first = parts.api.request("GET", "/metrics", {"region": "CA-ON", "limit": "2", "from": "2021-01-02"})
    assert first.status == 200
    assert [row["confirmed"] for row in first.body["rows"]] == [1, 2]
    assert first.body["rows"][0] == {
        "id": "merged:CA-ON:2021-01-02",
        "source": "merged",
        "region": "CA-ON",
        "date": "2021-01-02",
        "confirmed": 1,
        "avg7_confirmed": 1 / 7,
        "revision": 0,
        "generation": 1,
        "lineage": "",
    }
    rest = parts.api.request("GET", "/metrics", {"region": "CA-ON", "after": first.body["next"]})
    assert [row["confirmed"] for row in rest.body["rows"]] == [4]
    assert rest.body["next"] is None
    nobody = parts.api.request("GET", "/metrics", {"region": "CA-QC"})
    assert nobody == (200, {"rows": [], "next": None})
    for wrong in ({"region": "ontario"}, {"region": "CA-ON", "from": "1/2/2021"}, {"region": 'CA"'}):
        assert parts.api.request("GET", "/metrics", wrong).status == 400


def test_no_function_failed(parts: Inbox, troubles: list[str]) -> None:
    assert troubles == []
