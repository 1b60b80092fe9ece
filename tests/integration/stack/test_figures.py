"""The figures of `covid status` and of the live view, read from real servers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from covid_cli import lag
from covid_cli.doctor import stack as doctor
from covid_cli.stack import health, state
from covid_cli.stack.state import Child, StackState
from covid_cli.status import connect
from covid_cli.up.arrivals import Arrivals, counters
from covid_cli.verify.positions import Positions
from covid_core import dlq, topics
from covid_core.dlq import FileOrigin, LogOrigin

if TYPE_CHECKING:
    from conftest import Servers

pytestmark = pytest.mark.integration


@pytest.fixture
def positions(stack: Servers) -> Positions:
    return Positions({"bootstrap.servers": stack.kafka_bootstrap})


def produce(stack: Servers, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def test_a_group_is_behind_by_what_it_has_not_committed(stack: Servers, positions: Positions) -> None:
    produce(stack, topics.METRICS, b"1", b"2", b"3")
    lag.behind(positions)  # waits while a broker that was started a moment ago loads its coordinator
    group = topics.sink_group("rds")
    ends = positions.ends(topics.METRICS)
    places = [TopicPartition(topics.METRICS, number, end) for number, end in ends.items()]
    admin = AdminClient({"bootstrap.servers": stack.kafka_bootstrap})
    done = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])[group].result()
    assert not any(place.error for place in done.topic_partitions)
    before = lag.behind(positions)
    assert before[group, topics.METRICS] == 0
    assert before[topics.sink_group("redshift"), topics.METRICS] >= 3
    produce(stack, topics.METRICS, b"4", b"5")
    assert lag.behind(positions)[group, topics.METRICS] == 2
    assert lag.messages_in(positions, topics.METRICS) == sum(ends.values()) + 2


def test_dead_letters_are_counted_by_distinct_origin(stack: Servers, positions: Positions) -> None:
    connection = {"bootstrap.servers": stack.kafka_bootstrap}
    before = lag.dead_letters(connection, positions, topics.RECORDS_DLQ)
    unique = time.time_ns()
    one = dlq.encode(dlq.letter("bad_json", "not JSON", LogOrigin(topics.RECORDS, 0, unique), b"{"))
    other = dlq.encode(dlq.letter("bad_date", "no date", FileOrigin("a.csv", f"{unique:064d}", 3), b"x"))
    produce(stack, topics.RECORDS_DLQ, one, other, one, one)
    assert lag.dead_letters(connection, positions, topics.RECORDS_DLQ) == before + 2
    produce(stack, topics.RECORDS_DLQ, b"no letter of ours", other)
    assert lag.dead_letters(connection, positions, topics.RECORDS_DLQ) == before + 3


def test_health_tells_what_runs_from_what_does_not(stack: Servers) -> None:
    found = health.check(
        state.StackState(credentials=stack.credentials, ports=stack.ports, environment=stack.settings)
    )
    running = {"kafka", "dynamodb", "postgres", "seaweedfs"}
    assert {name for name, healthy in found.items() if healthy} == running
    assert {"stream", "api", "sink-s3"} <= set(found) - running


def test_status_tells_what_an_ordinary_client_needs(stack: Servers) -> None:
    known = state.StackState(credentials=stack.credentials, ports=stack.ports, environment=stack.settings)
    stores = connect.stores(known.environment)
    assert stores["rds"]["url"] == stack.postgres_url("rds")
    assert stores["redshift"]["database"] == "redshift"
    assert stores["redshift"]["password"] == stack.credentials.postgres_password
    assert stores["s3"]["secret_key"] == stack.s3.secret
    assert stores["s3"]["bucket"] == stack.s3.bucket
    assert stores["dynamodb"]["endpoint"] == stack.dynamodb.endpoint
    assert connect.api(known)["write_key"] == stack.credentials.write_key
    assert connect.kafka(known)["bootstrap"] == stack.kafka_bootstrap


def test_arrivals_count_nothing_while_the_tables_are_not_there(stack: Servers) -> None:
    absent = {
        **stack.settings,
        "COVID_DYNAMODB_TABLE": "absent_table",
        "COVID_RDS_TABLE": "absent",
        "COVID_REDSHIFT_TABLE": "absent",
        "COVID_ICEBERG_NAMESPACE": "absent",
    }
    arrivals = Arrivals(absent)
    arrivals.start()
    arrivals.stop()
    assert arrivals.rows == dict.fromkeys(counters(absent), 0)
    assert arrivals.first == {}


def test_the_doctor_names_readers_that_stand_still_and_what_was_refused_last(
    stack: Servers, tmp_path: Path
) -> None:
    letter = dlq.letter("bad_json", "not JSON at all", LogOrigin(topics.RECORDS, 0, time.time_ns()), b"{")
    produce(stack, topics.METRICS, b"1")
    produce(stack, topics.RECORDS_DLQ, dlq.encode(letter))
    found = StackState(
        credentials=stack.credentials,
        ports=stack.ports,
        environment=stack.settings,
        supervisor=Child.of(os.getpid()),
        serving=True,
    )
    report = {one.about: one for one in doctor.check(tmp_path, found)}
    assert {"kafka", "dynamodb", "postgres", "seaweedfs"}.isdisjoint(report)
    assert report["sink-rds"].level == "wrong"
    level, sentence = report[f"lag {topics.sink_group('redshift')} {topics.METRICS}"][1:]
    assert level == "warning"
    assert f"came no nearer in 3 s: see {tmp_path}/logs/sink-redshift.log" in sentence
    level, sentence = report["refused records"][1:]
    assert level == "warning"
    assert "UTC: not JSON at all; `covid dlq list --of records` shows all." in sentence
