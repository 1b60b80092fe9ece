"""Spark's `foreachBatch` that computes everything: `python -m bench.peers.foreach_batch OUTPUT CHECKPOINT`.

Every micro-batch reads the whole log up to its end and writes all rows. The computing is that of
`covid backfill metrics`, whole regions by Arrow. Its position is told to the broker in the stream's own way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from confluent_kafka.admin import AdminClient
from msgspec.structs import replace
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from bench.peers.job import PARTITIONS
from covid_batch.backfill.computing import by_region, computed
from covid_batch.backfill.scope import Scope
from covid_core import metrics, topics
from covid_core.control import Generation
from covid_core.environment import load
from covid_core.settings import KafkaSettings, LogSettings, S3Settings, StreamSettings
from covid_stream import session
from covid_stream.progress import PositionReporter, ProgressListener

_LOG = "bench"
_GENERATION = Generation(generation=1, definition=metrics.DEFINITION, partitions=PARTITIONS, topic_id=_LOG)


def main(target: str, checkpoint: str) -> None:
    """Run until told to end."""
    kafka, stream = load(KafkaSettings, os.environ, str), load(StreamSettings, os.environ, str)
    # Whole regions are computed side by side, on every core.
    cores = os.cpu_count() or 1
    stream = replace(stream, local_dir=f"{checkpoint}-local", shuffle_partitions=cores)
    with session.opened(stream, S3Settings(), LogSettings()) as spark:
        connection = kafka.librdkafka(lambda region: ("", 0.0))
        spark.streams.addListener(ProgressListener(PositionReporter(lambda: AdminClient(connection))))

        def recompute(batch: DataFrame, number: int) -> None:
            found = batch.groupBy("partition").agg(f.max("offset").alias("offset")).collect()
            reached.update({row["partition"]: row["offset"] + 1 for row in found})
            offsets = json.dumps({topics.RECORDS: {str(p): reached.get(p, 0) for p in range(PARTITIONS)}})
            log = (
                spark.read.format("kafka")
                .options(**kafka.java())
                .option("subscribe", topics.RECORDS)
                .option("endingOffsets", offsets)
                .load()
                .select(
                    f.lit(_LOG).alias("topic_id"),
                    "partition",
                    "offset",
                    f.unix_micros("timestamp").alias("micros"),
                    "value",
                )
            )
            rows = computed(by_region(log, _LOG), Scope(), _GENERATION)
            (
                rows.select(f.lit(target).alias("topic"), "key", "value")
                .write.format("kafka")
                .options(**kafka.java(), **{"kafka.compression.type": "zstd", "kafka.acks": "all"})
                .save()
            )

        reached: dict[int, int] = {}
        query: Any = (
            spark.readStream.format("kafka")
            .options(**kafka.java())
            .option("subscribe", topics.RECORDS)
            .option("startingOffsets", "earliest")
            .option("maxOffsetsPerTrigger", stream.max_records)
            .option("kafka.fetch.max.wait.ms", "20")
            .load()
            .writeStream.foreachBatch(recompute)
            .option("checkpointLocation", checkpoint)
            .trigger(processingTime=stream.trigger)
            .start()
        )
        signal.signal(signal.SIGTERM, lambda *_: query.stop())
        query.awaitTermination()


if __name__ == "__main__":
    main(*sys.argv[1:3])
