"""What a batch job finds in its environment: Java, this interpreter, and no address but this machine's."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from covid_cli.stack.java import find_java
from covid_cli.stack.ports import HOST
from covid_cli.stack.servers.jvm import FRUGAL


def environment() -> Mapping[str, str]:
    """Variables for a Spark of this machine. Raises `UserError` where Java is missing."""
    return {
        "JAVA_HOME": str(find_java().resolve().parent.parent),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": HOST,
        # Of the JVM that only makes up the command line of the next one.
        "SPARK_LAUNCHER_OPTS": " ".join(FRUGAL),
    }
