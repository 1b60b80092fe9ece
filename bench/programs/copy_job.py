"""A streaming query that only copies: `python -m bench.programs.copy_job FROM TO CHECKPOINT`.

The stream's own session, source and sink, without its state and its Python: what a trigger costs that does
nothing. Runs until it is told to end.
"""

from __future__ import annotations

import os
import signal
import sys

from msgspec.structs import replace

from covid_core.environment import load
from covid_core.settings import KafkaSettings, LogSettings, S3Settings, StreamSettings
from covid_stream import session


def copy(source: str, target: str, checkpoint: str) -> None:
    """Copy one topic into another."""
    kafka, stream = load(KafkaSettings, os.environ, str), load(StreamSettings, os.environ, str)
    stream = replace(stream, local_dir=f"{checkpoint}-local")
    with session.opened(stream, S3Settings(), LogSettings()) as spark:
        messages = (
            spark.readStream.format("kafka")
            .options(**kafka.java())
            .option("subscribe", source)
            .option("startingOffsets", "earliest")
            .option("kafka.fetch.max.wait.ms", "20")
            .load()
        )
        query = (
            messages.select("key", "value")
            .writeStream.format("kafka")
            .options(**kafka.java())
            .option("topic", target)
            .option("kafka.acks", "all")
            .option("checkpointLocation", checkpoint)
            .trigger(processingTime=stream.trigger)
            .start()
        )
        signal.signal(signal.SIGTERM, lambda *_: query.stop())
        query.awaitTermination()


if __name__ == "__main__":
    copy(*sys.argv[1:4])
