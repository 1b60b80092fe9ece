"""The log, as the backfill uses it: Spark carries what is many, a consumer reads what is few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from pyspark.sql import DataFrame, SparkSession

from covid_core import control, ledger, topics
from covid_core.control import Backfill, Generation, Restored
from covid_core.ledger import Finished
from covid_process.lag import Broker
from covid_process.topic import BrokerSilent, messages

GROUP: Final = "covid-backfill"
_SECONDS: Final = 15.0

MESSAGE_DDL: Final = "topic string, key binary, value binary, headers array<struct<key:string,value:binary>>"
"""A message as Spark's Kafka sink takes it; murmur2 of its key picks the partition."""


class LogUnavailable(Exception):
    """The broker or a topic cannot be read; the text says what to do."""


class Log:
    """One broker's topics. `librdkafka` and `java`: its connection for either client."""

    def __init__(self, librdkafka: Mapping[str, Any], java: Mapping[str, str]) -> None:
        self._connection = librdkafka
        self._java = dict(java)
        self._broker = Broker(librdkafka, GROUP, _SECONDS)

    def ends(self, topic: str) -> dict[int, int]:
        """Where the next message of each partition will stand. Raises `LogUnavailable`."""
        try:
            return {place[1]: end for place, end in self._broker.ends(self._broker.places([topic])).items()}
        except KafkaException as error:
            raise self._unavailable(topic, error) from error

    def topic_id(self, topic: str) -> str:
        """Kafka's id of a topic. Raises `LogUnavailable`."""
        try:
            admin = AdminClient(dict(self._connection))  # an answer is lost with the client
            described = admin.describe_topics(TopicCollection([topic]))
            return str(described[topic].result(_SECONDS).topic_id)
        except (KafkaException, TimeoutError) as error:
            raise self._unavailable(topic, error) from error

    def generation(self) -> Generation | None:
        """The current generation, None before the stream has ever run. Raises `LogUnavailable`."""
        value = self._newest(topics.CONTROL).get(control.GENERATION)
        return None if value is None else control.decode_generation(value)

    def backfill(self) -> Backfill | None:
        """The newest backfill of metrics, None where there was none. Raises `LogUnavailable`."""
        value = self._newest(topics.CONTROL).get(control.BACKFILL)
        return None if value is None else msgspec.json.decode(value, type=Backfill)

    def restored(self) -> Restored | None:
        """The newest restoration, None where there was none. Raises `LogUnavailable`."""
        value = self._newest(topics.CONTROL).get(control.RESTORED)
        return None if value is None else msgspec.json.decode(value, type=Restored)

    def finished(self) -> dict[str, Finished]:
        """The list of finished files. Raises `LogUnavailable`."""
        entries = ((key.decode(), ledger.decode(value)) for key, value in self._newest(topics.FILES).items())
        return {key: entry for key, entry in entries if entry is not None}

    def publish(self, frame: DataFrame) -> None:
        """Write rows of `MESSAGE_DDL`. They are in the log when this returns. Raises what Spark raises."""
        options = {**self._java, "kafka.acks": "all", "kafka.compression.type": "zstd"}
        frame.write.format("kafka").options(**options).save()

    def tell(self, spark: SparkSession, topic: str, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Write a few messages. Raises what Spark raises."""
        rows = [(topic, bytearray(key), bytearray(value), None) for key, value in entries]
        self.publish(spark.createDataFrame(rows, MESSAGE_DDL).coalesce(1))

    def read(self, spark: SparkSession, topic: str) -> DataFrame:
        """The topic up to now, as Spark's Kafka source gives it, headers included."""
        options = {**self._java, "subscribe": topic, "startingOffsets": "earliest", "includeHeaders": "true"}
        return spark.read.format("kafka").options(**options).load()

    def _newest(self, topic: str) -> dict[bytes, bytes]:
        newest: dict[bytes, bytes] = {}
        try:
            for message in messages(self._connection, topic, {}, self.ends(topic), GROUP):
                key, value = message.key(), message.value()
                if key is not None and value is not None:
                    newest[key] = value
                elif key is not None:
                    newest.pop(key, None)
        except (KafkaException, BrokerSilent) as error:
            raise self._unavailable(topic, error) from error
        return newest

    def _unavailable(self, topic: str, error: Exception) -> LogUnavailable:
        return LogUnavailable(
            f"{topic} cannot be read at {self._connection['bootstrap.servers']}: {error}. "
            "Is the broker up, and have the topics been made (covid init)?"
        )
