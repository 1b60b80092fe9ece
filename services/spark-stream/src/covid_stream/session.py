"""The Spark session and its settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pyspark import SparkContext
from pyspark.sql import SparkSession

from covid_core.settings import LogSettings, S3Settings, StreamSettings

_LATENCY: Final = {
    # A micro-batch of a few records spends its time in file systems and hand-overs: docs/adr/0004.
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
    "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
    "spark.python.unix.domain.socket.enabled": "true",
    "spark.python.daemon.module": "covid_stream.daemon",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # How long it waits before it asks the broker again, while nothing comes: at 10 ms, the default, job and
    # broker take half a processor for nothing.
    "spark.sql.streaming.pollingDelay": "50ms",
    # Kept batches are files to list at every purge; ten are enough to look back at.
    "spark.sql.streaming.minBatchesToRetain": "10",
}

_STATE_SERVER: Final = (
    "org.apache.spark.sql.execution.python.streaming.TransformWithStateInPySparkStateServer"
)


_JAVA_OPTIONS: Final = (
    # The work is done in Python; what the JVM does is start, plan and hand over, over and over. The quick
    # compiler and the plain collector take 45 s of processor for the first 40,000 records, the defaults 70 s.
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
)
_WORKERS: Final = str(Path(__file__).with_name("workers"))
"""On the path of Spark's workers, for its `sitecustomize`."""
_JSON_LOG: Final = "-Dlog4j2.configurationFile=classpath:org/apache/spark/log4j2-json-layout.properties"
"""Spark's own. `spark.log.structuredLogging.enabled` would do, but is ignored where Python starts the JVM."""


@contextmanager
def opened(settings: StreamSettings, s3: S3Settings, log: LogSettings) -> Iterator[SparkSession]:
    """A running Spark. Without a master from the settings or spark-submit it runs on this machine."""
    # Spark's workers are started with this interpreter, wherever it stands.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if _starts_alone(settings):
        paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([_WORKERS, *paths]))
    # The JVM's own options are fixed when it starts, before any configuration of the session is read.
    java = f"{_JAVA_OPTIONS} {_JSON_LOG}" if log.format == "json" else _JAVA_OPTIONS
    options = f'--driver-memory {settings.driver_memory} --driver-java-options "{java}"'
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f"{options} pyspark-shell")
    session = _open(settings, s3)
    try:
        yield session
    finally:
        session.stop()


def jvm_pid(context: SparkContext) -> int:
    """The driver's JVM is a child of this process, or its parent where spark-submit started it."""
    child: Any = getattr(context._gateway, "proc", None)
    return os.getppid() if child is None else int(child.pid)


def _open(settings: StreamSettings, s3: S3Settings) -> SparkSession:
    builder = SparkSession.builder.appName("covid-stream")
    for key, value in _LATENCY.items():
        builder = builder.config(key, value)
    builder = builder.config("spark.sql.shuffle.partitions", str(settings.shuffle_partitions))
    if settings.master is not None:
        builder = builder.master(settings.master)
    if settings.jars is not None:
        jars = sorted(str(jar) for jar in Path(settings.jars).glob("*.jar"))
        if _starts_alone(settings):
            # On the class path from its start: nothing is copied, and an archive may hold the classes.
            builder = builder.config("spark.driver.extraClassPath", os.pathsep.join(jars))
        else:
            builder = builder.config("spark.jars", ",".join(jars))
    if settings.local_dir is not None:
        builder = builder.config("spark.local.dir", settings.local_dir)
    if settings.checkpoint.startswith("s3a://"):
        for key, value in s3.hadoop().items():
            builder = builder.config(f"spark.hadoop.{key}", value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    # It warns of every chunk that does not exist yet, which is how every new month begins.
    jvm: Any = session.sparkContext._jvm
    logs = jvm.org.apache.logging.log4j
    logs.core.config.Configurator.setLevel(_STATE_SERVER, logs.Level.ERROR)
    return session


def _starts_alone(settings: StreamSettings) -> bool:
    """Whether this process starts the one JVM that does all the work."""
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    return not submitted and (settings.master or "local").startswith("local")
