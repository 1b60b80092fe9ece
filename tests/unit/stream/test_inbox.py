"""What the stream does with each message before it merges anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
import pytest
from pyspark.sql import Row

from covid_core import dlq, topics
from covid_core.partitioning import partition_of
from covid_core.records import decode
from covid_core.rows import Row as MetricsRow
from covid_stream.inbox import COLUMNS, MOST_TRACES, Arrival, arrival_of, sort
from covid_stream.outputs import metrics_messages

PARTITIONS = 4
REGION = "CA-ON"
HOME = partition_of(REGION, PARTITIONS)
NOW = dt.datetime(2022, 6, 6, 12, tzinfo=dt.UTC)
GOOD = b'{"source":"me","region":"CA-ON","date":"2022-06-05","confirmed":7}'


def arrival(value: bytes | None, partition: int = HOME, headers: Sequence[tuple[str, bytes]] = ()) -> Arrival:
    return Arrival(value, partition, 41, NOW, headers)


def test_a_record_in_its_partition_is_merged() -> None:
    inbox = sort(REGION, [arrival(GOOD)], PARTITIONS)
    assert inbox.outputs == []
    assert [(item.record.confirmed, item.offset, item.asked) for item in inbox.logged] == [(7, 41, False)]
    assert inbox.logged[0].record.reported_at == NOW


def test_rows_say_when_the_log_took_the_oldest_record_behind_them() -> None:
    arrivals = [Arrival(GOOD, HOME, n, NOW + dt.timedelta(seconds=n), ()) for n in (2, 1)]
    inbox = sort(REGION, [*arrivals, Arrival(b"?", HOME, 0, NOW, ())], PARTITIONS)
    millis = int(NOW.timestamp()) * 1000
    assert inbox.arrived == [millis + 2000, millis + 1000]
    rows = [MetricsRow(source="me", region=REGION, date=NOW.date(), confirmed=7, revision=1)]
    (message,) = metrics_messages(REGION, rows, [b"trace"], min(inbox.arrived))
    assert list(message.headers) == [
        (topics.Header.TRACEPARENT, b"trace"),
        (topics.Header.PUBLISHED, str(millis + 1000).encode()),
    ]
    (untimed,) = metrics_messages(REGION, rows)
    assert list(untimed.headers) == []


def test_a_writer_that_waits_is_remembered() -> None:
    inbox = sort(REGION, [arrival(GOOD, headers=((topics.Header.REQUEST_ID, b"r1"),))], PARTITIONS)
    assert inbox.logged[0].asked


def test_traces_of_requests_go_along_with_their_rows_once_each() -> None:
    one, other = ((topics.Header.TRACEPARENT, f"00-{n:032x}-{n:016x}-01".encode()) for n in (1, 2))
    arrivals = [arrival(GOOD, headers=(each,)) for each in (one, other, one)]
    inbox = sort(REGION, [arrival(GOOD), *arrivals], PARTITIONS)
    assert inbox.traceparents == [one[1], other[1]]
    many = [arrival(GOOD, headers=((topics.Header.TRACEPARENT, str(n).encode()),)) for n in range(100)]
    assert len(sort(REGION, many, PARTITIONS).traceparents) == MOST_TRACES


def test_a_misplaced_record_is_published_again_with_its_time_and_origin() -> None:
    elsewhere = (HOME + 1) % PARTITIONS
    inbox = sort(REGION, [arrival(GOOD, elsewhere, ((topics.Header.ACTOR, b"ann"),))], PARTITIONS)
    assert inbox.logged == []
    (output,) = inbox.outputs
    assert output.partition == partition_of("CA-ON", PARTITIONS)
    assert (output.topic, output.key) == (topics.RECORDS, b"CA-ON")
    assert dict(output.headers) == {
        topics.Header.ACTOR: b"ann",
        topics.Header.ORIGIN: f"covid.records:{elsewhere}:41".encode(),
        topics.Header.PARTITIONS: str(PARTITIONS).encode(),
    }
    much_later = NOW + dt.timedelta(days=3)
    assert decode(output.value, much_later).reported_at == NOW


def test_a_record_is_moved_only_once() -> None:
    elsewhere = (HOME + 1) % PARTITIONS
    origin, now = (topics.Header.ORIGIN, b"x"), (topics.Header.PARTITIONS, str(PARTITIONS).encode())
    for headers in ((origin,), (origin, now)):
        inbox = sort(REGION, [arrival(GOOD, elsewhere, headers)], PARTITIONS)
        assert inbox.logged == []
        assert [dlq.decode(o.value).code for o in inbox.outputs] == ["misplaced"]


def test_a_copy_from_when_there_were_fewer_partitions_says_nothing_unless_it_is_at_home() -> None:
    headers = ((topics.Header.ORIGIN, b"x"), (topics.Header.PARTITIONS, str(PARTITIONS - 1).encode()))
    elsewhere = sort(REGION, [arrival(GOOD, (HOME + 1) % PARTITIONS, headers)], PARTITIONS)
    assert (elsewhere.logged, elsewhere.outputs) == ([], [])
    at_home = sort(REGION, [arrival(GOOD, HOME, headers)], PARTITIONS)
    assert len(at_home.logged) == 1


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "empty"),
        (b"", "bad_json"),
        (b'{"source":"me"', "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b"[" + GOOD + b"]", "bad_shape"),
        (b'"text"', "bad_shape"),
        (b'{"source":"me","region":"CA-ON"}', "bad_shape"),
        (GOOD.replace(b"7", b"-7"), "bad_count"),
        (GOOD.replace(b"7", b"7.5"), "bad_shape"),
        (GOOD.replace(b"CA-ON", b"CA-ZZ"), "unknown_region"),
        (GOOD.replace(b'"me"', b'"merged"'), "bad_source"),
        (GOOD.replace(b"2022-06-05", b"2022-06-09"), "future"),
        (GOOD.replace(b"2022-06-05", b"05-06-2022"), "bad_shape"),
    ],
)
def test_what_is_no_record_is_kept_with_its_reason(value: bytes | None, code: str) -> None:
    inbox = sort("", [arrival(value), arrival(GOOD.replace(b"}", b',"extra":1}'))], PARTITIONS)
    refused = [dlq.decode(o.value) for o in inbox.outputs]
    assert refused[0].code == code
    assert refused[0].origin == dlq.LogOrigin("covid.records", HOME, 41)
    assert refused[0].raw == (value or b"")
    assert all(o.topic == topics.RECORDS_DLQ for o in inbox.outputs)


def test_a_region_named_twice_is_refused_rather_than_guessed() -> None:
    twice = GOOD.replace(b'"region"', b'"region":"CA-QC","region"')
    inbox = sort("CA-QC", [arrival(twice)], PARTITIONS)
    assert inbox.logged == []
    assert msgspec.json.decode(inbox.outputs[0].value)["code"] == "bad_json"


def test_a_row_of_the_log_is_taken_apart_in_the_order_of_its_columns() -> None:
    values = {
        "bucket": 7,
        "region": REGION,
        "value": bytearray(GOOD),
        "partition": HOME,
        "offset": 41,
        "millis": round(NOW.timestamp() * 1000),
        "headers": [{"key": "actor", "value": bytearray(b"producer")}, {"key": "file", "value": None}],
    }
    assert list(values) == list(COLUMNS)
    row = Row(*COLUMNS)
    wanted = arrival(GOOD, headers=[("actor", b"producer"), ("file", b"")])
    assert arrival_of(row(*values.values())) == (REGION, wanted)
    nothing = values | {"value": None, "headers": None}
    assert arrival_of(row(*nothing.values())) == (REGION, arrival(None, headers=[]))


def test_fields_of_a_newer_version_do_no_harm() -> None:
    inbox = sort(REGION, [arrival(GOOD.replace(b"}", b',"hospitalised":3}'))], PARTITIONS)
    assert len(inbox.logged) == 1
