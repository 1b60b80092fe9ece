"""Hive in a folder: tables under `warehouse/`, their catalogue in `metastore/` (Derby, part of Spark).

Derby takes one process at a time. On EMR the catalogue is a server's, and none of this is needed.
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from covid_batch.hive.tables import DATABASE
from covid_batch.stores.errors import Unusable

_JAVA_OPTIONS: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"


def options(folder: Path) -> dict[str, str]:
    """Spark's configuration for the Hive of a folder."""
    log4j = Path(__file__).parents[1] / "log4j2.properties"
    java = (
        f"{_JAVA_OPTIONS} -Dderby.system.home={folder} -Dderby.stream.error.file={folder / 'derby.log'} "
        f"-Dlog4j2.configurationFile={log4j.as_uri()}"
    )
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
        ),
        # Instead of /tmp/hive, which belongs to whoever came first.
        "spark.hadoop.hive.exec.scratchdir": str(folder / "scratch"),
        "spark.hadoop.hive.exec.local.scratchdir": str(folder / "scratch"),
        "spark.hadoop.hive.downloaded.resources.dir": str(folder / "scratch"),
        "spark.hadoop.hive.server2.logging.operation.log.location": str(folder / "scratch"),
        "spark.driver.extraJavaOptions": java,
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def table_folder(folder: Path, table: str) -> Path:
    """Where the Parquet files of a table lie."""
    return folder / "warehouse" / f"{DATABASE}.db" / table


def session(folder: str | None) -> SparkSession:
    """The notebook's Spark: that of EMR, which is there already and knows its Hive, or one over a folder."""
    builder = SparkSession.builder.appName("covid-hive").enableHiveSupport()
    if folder is not None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for key, value in options(Path(folder)).items():
            builder = builder.config(key, value)
    return builder.getOrCreate()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep others from the folder meanwhile. Raises `Unusable` where one has it, or it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise Unusable(f"{folder} cannot be written ({error.strerror}): name another folder") from error
    # The descriptor is inherited where this process becomes the server.
    os.set_inheritable(lock.fileno(), True)
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(
                f"{folder} is in use: its catalogue takes one process, so stop `covid batch hive serve` or "
                "wait for the run to end"
            ) from None
        yield
