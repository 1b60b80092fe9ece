"""The one streaming query: one read of the log, one write of everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.streaming.query import StreamingQuery

from covid_core import topics
from covid_core.control import Generation
from covid_core.settings import StreamSettings
from covid_stream.checkpoint import checkpoint_of
from covid_stream.inbox import COLUMNS
from covid_stream.outputs import SCHEMA
from covid_stream.processor import BUCKETS, BucketProcessor


def start(
    session: SparkSession, kafka: Mapping[str, str], settings: StreamSettings, generation: Generation
) -> StreamingQuery:
    """Start the query."""
    grouped = _arrivals(session, kafka, settings).groupBy("bucket")
    processor = BucketProcessor(generation)
    outputs = grouped.transformWithState(processor, SCHEMA, outputMode="Update", timeMode="None")
    return (
        outputs.writeStream.format("kafka")
        .options(**kafka, **{"kafka.compression.type": "zstd", "kafka.acks": "all"})
        .option("checkpointLocation", checkpoint_of(settings, generation))
        .outputMode("update")
        .trigger(processingTime=settings.trigger)
        .queryName("covid-stream")
        .start()
    )


def _arrivals(session: SparkSession, kafka: Mapping[str, str], settings: StreamSettings) -> DataFrame:
    """Messages of the log with the region they seem to be about, empty where none can be read.

    The JVM reads the region only to group by it; what is a valid record is decided in `inbox`.
    """
    source = (
        session.readStream.format("kafka")
        .options(**kafka)
        .option("subscribe", topics.RECORDS)
        .option("startingOffsets", "earliest")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", settings.max_records)
        # Waiting for more to fetch only delays the records that are there.
        .option("kafka.fetch.max.wait.ms", "20")
        .load()
    )
    region = f.get_json_object(f.col("value").cast("string"), "$.region")
    found = source.withColumns(
        {"region": f.coalesce(region, f.lit("")), "millis": f.unix_millis("timestamp")}
    )
    bucket = (f.crc32("region") % BUCKETS).cast("int")
    return found.withColumn("bucket", bucket).select(*COLUMNS)
