"""The streaming service: `python -m covid_stream`. The only place of this package that reads settings.

Exit codes: 0 stopped by a signal, 1 the query failed, the log cannot be reached or has more partitions, or
the checkpoint cannot be read, 2 a setting is wrong.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import SparkSession

from covid_core import topics
from covid_core.control import Generation
from covid_core.environment import SettingsError, load
from covid_core.rt import SerialInterval
from covid_core.settings import KafkaSettings, LogSettings, S3Settings, SerialIntervalSettings, StreamSettings
from covid_process import lag, login, logs, probes
from covid_process.signer import Signer
from covid_stream import query, session
from covid_stream.checkpoint import CheckpointUnreadable, checkpoint_of, finished, foreign
from covid_stream.draining import Draining
from covid_stream.generation import Control, LogUnavailable, settled
from covid_stream.job import Job, PartitionsAdded
from covid_stream.progress import PositionReporter, ProgressListener, show_jvm

_log = logging.getLogger("covid_stream")


def main() -> int:
    """Run until SIGTERM, SIGINT or a failure."""
    try:
        log = load(LogSettings, os.environ, _read)
        logs.configure("covid-stream", log.format)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        kafka, s3, stream, interval = (
            load(KafkaSettings, os.environ, _read),
            load(S3Settings, os.environ, _read),
            load(StreamSettings, os.environ, _read),
            load(SerialIntervalSettings, os.environ, _read).interval,
        )
    except SettingsError as error:
        _log.error("%s", error)
        return 2
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    return run(kafka, s3, stream, log, interval, stop)


def run(  # noqa: PLR0917
    kafka: KafkaSettings,
    s3: S3Settings,
    stream: StreamSettings,
    log: LogSettings,
    interval: SerialInterval,
    stop: threading.Event,
) -> int:
    """Build everything and keep the query running."""
    started = threading.Event()
    server = probes.serve(stream.http_host, stream.http_port, ready=started.is_set)
    connection = kafka.librdkafka(Signer())
    try:
        login.require(connection)
        # Spark first: it takes a while, and whoever starts the broker at the same time is not kept waiting.
        with session.opened(stream, s3, log) as spark:
            show_jvm(session.jvm_pid(spark.sparkContext))
            control = Control(connection, interval)
            broker = lag.Broker(connection, topics.STREAM_GROUP)
            lag.Lag(broker, topics.STREAM_GROUP, [topics.RECORDS], [topics.RECORDS_DLQ]).watch()
            while (generation := settled(control, stop)) is not None:
                _log.info("generation %d, %d partitions", generation.generation, generation.partitions)
                _keep(spark, kafka, stream, control, generation, started=started, stop=stop)
    except (
        login.LoginRefused,
        PySparkException,
        LogUnavailable,
        PartitionsAdded,
        CheckpointUnreadable,
    ) as error:
        _log.error("the stream failed: %s", error)
        return 1
    finally:
        server.shutdown()
    return 0


def _keep(
    spark: SparkSession,
    kafka: KafkaSettings,
    stream: StreamSettings,
    control: Control,
    generation: Generation,
    *,
    started: threading.Event,
    stop: threading.Event,
) -> None:
    """Keep the query of one generation running until told to stop or a later one is published."""
    checkpoint = checkpoint_of(stream, generation)
    reporter = PositionReporter(control.client)
    draining = Draining(
        reporter.passed,
        ends=lambda: control.ends(topics.RECORDS),
        announce=lambda: control.announce_drained(generation),
    )
    listener = ProgressListener(reporter)
    spark.streams.addListener(listener)
    try:
        with control.followed(generation) as superseded:
            job = Job(
                generation,
                start=lambda: query.start(spark, kafka.java(), stream, generation),
                finished=lambda: finished(spark, checkpoint),
                reporter=reporter,
                draining=draining,
                superseded=superseded,
            )
            job.run(started, stop)
    except StreamingQueryException as error:
        why = foreign(str(error), checkpoint)
        if why is None:
            raise
        raise CheckpointUnreadable(checkpoint, why) from error
    finally:
        spark.streams.removeListener(listener)


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
