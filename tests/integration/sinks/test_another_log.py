"""The log is made anew under a running sink, as after a broker's disk was lost; on servers of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from covid_cli import provision
from covid_cli.verify.positions import Positions
from covid_core import topics
from covid_core.environment import load
from covid_core.lake import RECORDS
from covid_core.settings import IcebergSettings, S3Settings
from covid_sinks.iceberg.lake import Lake
from tests.integration.lone import servers
from tests.integration.sinks.process import Process, until

pytestmark = pytest.mark.integration

MESSAGES = 20


def test_a_sink_ends_and_archives_all_of_the_new_one(tmp_path: Path) -> None:
    with servers(tmp_path, "kafka", "postgres", "seaweedfs") as environ:
        connection = {"bootstrap.servers": environ["COVID_KAFKA_BOOTSTRAP"]}
        positions = Positions(connection)

        def behind() -> bool:
            ends = positions.ends(topics.RECORDS)
            return bool(positions.lags([topics.sink_group("s3")], topics.RECORDS, ends))

        sink = Process("s3", {**environ, "COVID_SINK_HTTP_PORT": "0"}, tmp_path / "sink.log")
        sink.start()
        try:
            send(connection, MESSAGES)
            until(lambda: not behind(), "archived", sink)
            anew(connection, environ)
            # Fewer than before: a sink that took it for the old log would think that it has them.
            send(connection, MESSAGES // 2)
            until(lambda: sink.running.poll() is not None, "the end", sink)
            assert sink.running.returncode == 1
            last = sink.log.strip().splitlines()[-1]
            assert f"{topics.RECORDS}: made anew since this sink began" in last
            assert "Traceback" not in sink.log
            sink.start()
            until(lambda: not behind(), "archived again", sink)
            assert archived(environ) == [MESSAGES, MESSAGES // 2]
        finally:
            sink.kill()


def send(connection: dict[str, str], count: int) -> None:
    """Messages into one partition."""
    producer = Producer(connection)
    for number in range(count):
        producer.produce(topics.RECORDS, f"{number}".encode(), partition=0)
    assert producer.flush(10) == 0


def anew(connection: dict[str, str], environ: dict[str, str]) -> None:
    """The topic deleted, and made by `covid init`'s own code."""
    admin = AdminClient(connection)  # kept, since without it nothing is answered
    admin.delete_topics([topics.RECORDS])[topics.RECORDS].result(10)

    def made() -> bool:
        provision.create_topics(environ)
        try:
            return set(Positions(connection).ends(topics.RECORDS).values()) == {0}
        except KafkaException:
            return False

    until(made, "the topic")


def archived(environ: dict[str, str]) -> list[int]:
    """How many records the archive has of each log."""
    lake = Lake(load(IcebergSettings, environ, str), load(S3Settings, environ, str))
    table = lake.find(RECORDS)
    assert table is not None
    counts = Counter(table.scan().to_arrow()["topic_id"].to_pylist())
    return sorted(counts.values(), reverse=True)
