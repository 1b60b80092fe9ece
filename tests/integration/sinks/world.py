"""The log and the stores, asked by their ordinary clients."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import boto3
import psycopg
from boto3.dynamodb.conditions import Attr
from confluent_kafka import Consumer, Producer, TopicPartition
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo

from covid_core import dlq, messages, topics
from covid_core.rows import Row
from tests.integration.sinks.process import PATIENCE

STORES = ("dynamodb", "rds", "redshift", "s3")


class World:
    """The servers as this module uses them: tables and consumer groups of its own."""

    def __init__(self, stack: Any) -> None:
        self.name = f"sinks_{uuid.uuid4().hex[:10]}"
        self.settings: dict[str, str] = {
            **stack.settings,
            "COVID_DYNAMODB_TABLE": self.name,
            "COVID_RDS_TABLE": f"{self.name}_rds",
            "COVID_REDSHIFT_TABLE": f"{self.name}_redshift",
            "COVID_ICEBERG_NAMESPACE": self.name,
            "COVID_SINK_GROUP_SUFFIX": f"-{self.name}",
            "COVID_SINK_HTTP_PORT": "0",
        }
        self.bootstrap: str = stack.kafka_bootstrap
        self.producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5})
        self._consumers: dict[str, Consumer] = {}

    def close(self) -> None:
        for consumer in self._consumers.values():
            consumer.close()

    def publish(self, rows: Sequence[Row], a_message: int = 50, **headers: bytes) -> None:
        for start in range(0, len(rows), a_message):
            for value in messages.encode(rows[start : start + a_message]):
                self.producer.produce(topics.METRICS, value, rows[start].region, headers=dict(headers))
        assert self.producer.flush(20) == 0

    def send(self, topic: str, key: bytes | None, value: bytes | None, **headers: bytes) -> tuple[int, int]:
        """Publish; the partition and offset."""
        sent: list[tuple[int, int]] = []
        self.producer.produce(
            topic,
            key=key,
            value=value,
            headers=dict(headers),
            on_delivery=lambda error, message: sent.append((message.partition(), message.offset())),
        )
        assert self.producer.flush(20) == 0
        return sent[0]

    def revisions(self, store: str, source: str) -> dict[tuple[str, dt.date], int]:
        """Region and date of the rows of a source, with their revision, by the store's ordinary client."""
        try:
            found = list(getattr(self, f"_{store}")(source))
        except Exception as error:
            if type(error).__name__ not in (
                "ResourceNotFoundException",
                "UndefinedTable",
                "NoSuchTableError",
            ):
                raise
            return {}
        rows = {(region, date): revision for region, date, revision in found}
        assert len(rows) == len(found)
        return rows

    def committed(self, store: str, topic: str = topics.METRICS) -> dict[int, int]:
        places = self._consumer(self._group(store)).committed(self._places(topic), timeout=10)
        return {place.partition: place.offset for place in places if place.offset >= 0}

    def ends(self, topic: str = topics.METRICS) -> dict[int, int]:
        ask = self._consumer("unused").get_watermark_offsets
        ends = {place.partition: ask(place, timeout=10)[1] for place in self._places(topic)}
        return {partition: end for partition, end in ends.items() if end}

    def begin_here(self, store: str, topic: str = topics.METRICS) -> None:
        """Let a sink that has not started yet take what is published from now on.

        What other tests left in the log is theirs, and in small batches a store may need a minute for it.
        """
        ends = [TopicPartition(topic, partition, end) for partition, end in self.ends(topic).items()]
        if ends:
            self._consumer(self._group(store)).commit(offsets=ends, asynchronous=False)

    def _group(self, store: str) -> str:
        return topics.sink_group(store) + self.settings["COVID_SINK_GROUP_SUFFIX"]

    def _places(self, topic: str) -> list[TopicPartition]:
        found = self._consumer("unused").list_topics(topic, timeout=10).topics[topic].partitions
        return [TopicPartition(topic, partition) for partition in found]

    def _consumer(self, group: str) -> Consumer:
        """Asks about a group; it never joins it."""
        if group not in self._consumers:
            self._consumers[group] = Consumer(
                {"bootstrap.servers": self.bootstrap, "group.id": group, "enable.auto.commit": False}
            )
        return self._consumers[group]

    def letters(self, origin: str, count: int = 1) -> list[dlq.DeadLetter]:
        """The dead letters of a message (topic:partition:offset) and of its rows, once there are `count`."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused"})
        consumer.assign([TopicPartition(topics.METRICS_DLQ, 0, 0)])
        found: list[dlq.DeadLetter] = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                key = (message.key() or b"").decode()
                if key == origin or key.startswith(f"{origin}:"):
                    found.append(dlq.decode(message.value() or b""))
        consumer.close()
        return found

    @cached_property
    def _dynamo(self) -> Any:
        return boto3.resource(
            "dynamodb",
            endpoint_url=self.settings["COVID_DYNAMODB_ENDPOINT"],
            region_name="ca-central-1",
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
        )

    def _dynamodb(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        table = self._dynamo.Table(self.name)
        options: dict[str, Any] = {"ConsistentRead": True, "FilterExpression": Attr("source").eq(source)}
        while True:
            page = table.scan(**options)
            for item in page["Items"]:
                if "revision" in item:
                    yield item["region"], dt.date.fromisoformat(item["date"]), int(item["revision"])
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _rds(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        return self._sql("RDS", source)

    def _redshift(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        return self._sql("REDSHIFT", source)

    def _sql(self, store: str, source: str) -> Iterator[tuple[str, dt.date, int]]:
        table = self.settings[f"COVID_{store}_TABLE"]
        with psycopg.connect(self.settings[f"COVID_{store}_URL"]) as connection:
            query = f"SELECT region, date, revision FROM {table} WHERE source = %s"
            yield from connection.execute(query.encode(), (source,)).fetchall()

    def _s3(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        where: Any = EqualTo
        found = self.lake("metrics").scan(row_filter=where("source", source)).to_arrow()
        return zip(*(found[name].to_pylist() for name in ("region", "date", "revision")), strict=True)

    @cached_property
    def _catalog(self) -> SqlCatalog:
        return SqlCatalog(
            "covid",
            uri=self.settings["COVID_ICEBERG_URI"],
            **{
                "s3.endpoint": self.settings["COVID_S3_ENDPOINT"],
                "s3.access-key-id": self.settings["COVID_S3_ACCESS_KEY"],
                "s3.secret-access-key": self.settings["COVID_S3_SECRET_KEY"],
                "s3.region": "ca-central-1",
                "s3.force-virtual-addressing": "false",
            },
        )

    def lake(self, name: str) -> Any:
        return self._catalog.load_table((self.name, name))
