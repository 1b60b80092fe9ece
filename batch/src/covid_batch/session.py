"""The Spark of a batch job: what spark-submit or the platform says, and sense for a small machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pyspark.sql import SparkSession

_JAVA_OPTIONS: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
"""The work is done in Python, and the JVM does most things once: the quick compiler is done sooner."""
_GATEWAY: Final = "PYSPARK_GATEWAY_PORT"
"""Set by spark-submit, whose JVM this process then uses."""
_LOGS: Final = Path(__file__).with_name("log4j2.properties")


@contextmanager
def opened(
    jars: str | None = None, options: Mapping[str, str] = MappingProxyType({})
) -> Iterator[SparkSession]:
    """A running Spark. `jars`: a folder of those that it has not got itself; `options`: Spark's."""
    alone = _GATEWAY not in os.environ and options.get("spark.master", "local").startswith("local")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Fixed when the JVM starts; spark-submit has started it already, with options of its own.
    java = f"{_JAVA_OPTIONS} -Dlog4j2.configurationFile={_LOGS.as_uri()}"
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f'--driver-java-options "{java}" pyspark-shell')
    builder = SparkSession.builder.appName("covid-batch")
    if jars is not None:
        found = sorted(map(str, Path(jars).glob("*.jar")))
        if alone:
            # On the class path from its start: nothing is copied, and an archive may hold the classes.
            builder = builder.config("spark.driver.extraClassPath", os.pathsep.join(found))
        else:
            builder = builder.config("spark.jars", ",".join(found))
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower()).getOrCreate()
    try:
        session.sparkContext.setLogLevel("ERROR")
        if session.sparkContext.getConf().get("spark.sql.shuffle.partitions") is None:
            # 200, Spark's default, is for clusters: here each task would last as long as its start.
            session.conf.set("spark.sql.shuffle.partitions", str(session.sparkContext.defaultParallelism))
        yield session
    finally:
        session.stop()
