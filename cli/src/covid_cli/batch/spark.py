"""What a batch job finds in its environment: Java, Spark, this interpreter, no address but this machine's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from covid_cli import settings
from covid_cli.stack import classes, jars, spark
from covid_cli.stack.java import find_java
from covid_cli.stack.pins import EMBEDDED, pinned
from covid_cli.stack.ports import HOST
from covid_cli.stack.servers.jvm import FRUGAL
from covid_cli.stack.services import STREAM
from covid_core.environment import variable
from covid_core.settings import StreamSettings


def environment() -> Mapping[str, str]:
    """Variables for a Spark of this machine. Raises `UserError` where Java or Spark is missing."""
    return {
        **spark.environment(find_java(), ()),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": HOST,
        # Of the JVM that only makes up the command line of the next one.
        "SPARK_LAUNCHER_OPTS": " ".join(FRUGAL),
    }


def own_jvm() -> Mapping[str, str]:
    """Variables for a job whose process starts the only JVM: that of the stream, class archive and all.

    An archive holds for one class path, so the job gets the stream's jars (`COVID_STREAM_JARS`), where they
    and the archive are there and nobody has named others. Raises `UserError` where Java or Spark is missing.
    """
    common = environment()
    cache = settings.read().cache_folder
    folders = {group: jars.folder_of(cache, pinned(group)) for group in EMBEDDED}
    java = find_java()
    archive = classes.use(classes.archives(cache, java, folders)[STREAM])
    name, folder = variable(StreamSettings, "jars"), str(folders["spark"])
    if not archive or os.environ.get(name, folder) != folder:
        return common
    return {**common, **spark.environment(java, archive), name: folder}
