"""`covid.records` gets more partitions while the stream runs, on a broker of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from covid_cli.verify.generation import outdated, stored
from covid_cli.verify.positions import Positions
from covid_cli.verify.report import Lag
from covid_core import control, messages, topics
from covid_core.partitioning import partition_of
from covid_core.records import encode
from covid_core.rows import Row
from covid_core.rt import DEFAULT_INTERVAL
from covid_process.topic import messages as read_topic
from tests.integration.lone import servers, streaming
from tests.integration.sinks.process import Process, until
from tests.integration.test_stream import ANSWER_SECONDS, START_SECONDS, Stream, Tap, report, send

pytestmark = pytest.mark.integration

SOURCE = "grown"
REGIONS = ("CA-ON", "CA-QC", "CA-BC", "CA-AB", "CA-MB", "CA-SK", "CA-NS", "CA-NB")


def test_the_stream_stops_says_what_to_do_and_doing_it_works(tmp_path: Path) -> None:
    with servers(tmp_path, "kafka") as environ:
        grow(streaming(environ, tmp_path), tmp_path / "stream.log")


def test_the_archive_reads_them_without_a_restart(tmp_path: Path) -> None:
    with servers(tmp_path, "kafka", "postgres", "seaweedfs") as environ:
        sink = Process("s3", {**environ, "COVID_SINK_HTTP_PORT": "0"}, tmp_path / "sink.log")
        positions = Positions({"bootstrap.servers": environ["COVID_KAFKA_BOOTSTRAP"]})
        sink.start()
        try:
            for _ in range(2):
                send_everywhere(environ["COVID_KAFKA_BOOTSTRAP"])
                until(lambda: not behind(positions), "archived", sink)
                count = len(positions.ends(topics.RECORDS)) + 2
                client = AdminClient({"bootstrap.servers": environ["COVID_KAFKA_BOOTSTRAP"]})
                client.create_partitions([NewPartitions(topics.RECORDS, count)])[topics.RECORDS].result(10)
                until(lambda count=count: led(environ["COVID_KAFKA_BOOTSTRAP"]) == count, "partitions")
            send_everywhere(environ["COVID_KAFKA_BOOTSTRAP"])
            until(lambda: not behind(positions), "archived, with the new ones", sink)
        finally:
            sink.kill()


def behind(positions: Positions) -> list[Lag]:
    return positions.lags([topics.sink_group("s3")], topics.RECORDS, positions.ends(topics.RECORDS))


def send_everywhere(bootstrap: str) -> None:
    """A message into each partition."""
    producer = Producer({"bootstrap.servers": bootstrap})
    for partition in range(led(bootstrap)):
        producer.produce(topics.RECORDS, b"{}", partition=partition)
    assert producer.flush(10) == 0


def led(bootstrap: str) -> int:
    """How many partitions of `covid.records` answer."""
    positions = Positions({"bootstrap.servers": bootstrap})
    try:
        return len(positions.ends(topics.RECORDS))
    except KafkaException:
        return 0


def why_not_compared(bootstrap: str) -> str | None:
    """What `covid verify` says of the stream's generation."""
    connection = {"bootstrap.servers": bootstrap}
    positions = Positions(connection)
    return outdated(
        stored(connection, positions),
        partitions=len(positions.ends(topics.RECORDS)),
        topic_id=positions.topic_id(topics.RECORDS),
        interval=DEFAULT_INTERVAL,
    )


def drained(bootstrap: str, generation: int) -> control.Drained | None:
    """What was announced of a generation."""
    connection = {"bootstrap.servers": bootstrap}
    end = Positions(connection).ends(topics.CONTROL)
    for message in read_topic(connection, topics.CONTROL, {}, end):
        if message.key() == control.DRAINED:
            found = control.decode_drained(message.value() or b"")
            if found.generation == generation:
                return found
    return None


def rows(bootstrap: str, end: dict[int, int]) -> list[Row]:
    """The rows of `covid.metrics` up to these offsets."""
    found = read_topic({"bootstrap.servers": bootstrap}, topics.METRICS, {}, end)
    return [row for message in found for row in messages.decode(message.value())]


def keys(found: Iterable[Row]) -> set[tuple[str, str, dt.date]]:
    return {(row.source, row.region, row.date) for row in found}


def grow(environ: dict[str, str], log: Path) -> None:
    bootstrap = environ["COVID_KAFKA_BOOTSTRAP"]
    until(lambda: led(bootstrap) > 0, "partitions")
    old = led(bootstrap)
    new = old + 3
    moving = [region for region in REGIONS if partition_of(region, old) != partition_of(region, new)]
    assert moving

    def producer() -> Producer:
        return Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})

    before = producer()
    tap = Tap(bootstrap)
    stream = Stream(environ, log)
    stream.start()
    try:
        send(before, *(report(SOURCE, 0, 10, region=region) for region in REGIONS))
        # One that nobody gave a key: moved now, and not once more for each time that the topic grows.
        stray = report(SOURCE, 1, 11, region=moving[0])
        at = (partition_of(stray.region, old) + 1) % old
        before.produce(topics.RECORDS, value=encode(stray), partition=at)
        assert before.flush(10) == 0
        tap.until(lambda: len(tap.of(SOURCE)) == len(REGIONS) + 1, START_SECONDS)
        (first,) = {row.generation for row in tap.rows}
        assert why_not_compared(bootstrap) is None

        client = AdminClient({"bootstrap.servers": bootstrap})
        client.create_partitions([NewPartitions(topics.RECORDS, new)])[topics.RECORDS].result(10)
        assert stream.ended(ANSWER_SECONDS) == 1
        said = log.read_text().splitlines()
        assert any(
            f"has {new} partitions and had {old}" in line and "start the stream again" in line
            for line in said
        )
        tap.close()
        until(lambda: led(bootstrap) == new, "partitions")
        assert f"partitions {old}, here {new}" in (why_not_compared(bootstrap) or "")

        # One client that has seen the new partitions, and one that has not.
        tap = Tap(bootstrap)
        send(producer(), *(report(SOURCE, 2, 12, region=region) for region in REGIONS))
        send(before, *(report(SOURCE, 3, 13, region=region) for region in REGIONS))
        stream.start()

        def complete() -> bool:
            newest = [row for row in tap.of(SOURCE).values() if row.generation == first + 1]
            return len(newest) == 3 * len(REGIONS) + 1

        tap.until(complete, START_SECONDS)
        assert {row.confirmed for row in tap.of(SOURCE).values()} == {10, 11, 12, 13}
        assert tap.dead == []
        assert why_not_compared(bootstrap) is None
        until(lambda: drained(bootstrap, first + 1) is not None, "drained", patience=START_SECONDS)
        announced = drained(bootstrap, first + 1)
        assert announced is not None
        # Copies included: else the sinks would drop rows that have no successor yet.
        sent = rows(bootstrap, announced.metrics_end)
        assert keys(row for row in sent if row.generation == first + 1) == keys(sent)
        assert len(keys(sent)) == 3 * len(REGIONS) + 1
    finally:
        stream.kill()
        tap.close()
