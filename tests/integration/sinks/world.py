"""The log and the stores, asked by their ordinary clients."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import psycopg
from boto3.dynamodb.conditions import Attr
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
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
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap})

    def publish(self, rows: Sequence[Row], a_message: int = 50, **headers: bytes) -> None:
        for start in range(0, len(rows), a_message):
            for value in messages.encode(rows[start : start + a_message]):
                self.send(topics.METRICS, rows[start].region.encode(), value, **headers)

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
        group = topics.sink_group(store) + self.settings["COVID_SINK_GROUP_SUFFIX"]
        request: list[Any] = [ConsumerGroupTopicPartitions(group)]
        parts = self.admin.list_consumer_group_offsets(request)[group].result().topic_partitions
        return {part.partition: part.offset for part in parts if part.topic == topic}

    def ends(self, topic: str = topics.METRICS) -> dict[int, int]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused"})
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions}
        consumer.close()
        return {p: end for p, end in ends.items() if end}

    def letters(self, origin: str, count: int = 1) -> list[dlq.DeadLetter]:
        """The dead letters of an origin (topic:partition:offset), once there are `count` of them."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused"})
        consumer.assign([TopicPartition(topics.METRICS_DLQ, 0, 0)])
        found: list[dlq.DeadLetter] = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None and message.key() == origin.encode():
                found.append(dlq.decode(message.value() or b""))
        consumer.close()
        return found

    def _dynamodb(self, source: str) -> Iterator[tuple[str, dt.date, int]]:
        resource: Any = boto3.resource(
            "dynamodb",
            endpoint_url=self.settings["COVID_DYNAMODB_ENDPOINT"],
            region_name="ca-central-1",
            aws_access_key_id="covid",
            aws_secret_access_key="covid",
        )
        table = resource.Table(self.name)
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

    def lake(self, name: str) -> Any:
        catalog = SqlCatalog(
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
        return catalog.load_table((self.name, name))
