"""Where Spark is, and what it is told by the environment: its own variables, beside those of our settings."""

from __future__ import annotations

import os
import shlex
from importlib.util import find_spec
from pathlib import Path

from covid_cli.errors import UserError

_OPTIONS = "SPARK_SUBMIT_OPTS"
"""The launcher takes options of the driver's JVM from it, beside those of the configuration."""


def home() -> Path:
    """The folder. Raises `UserError` when pyspark is not installed."""
    # Located without importing: it is large.
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("pyspark is not installed: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations)))


def environment(java: Path, options: tuple[str, ...]) -> dict[str, str]:
    """Variables for a process that starts Spark; `options` are further ones of the driver's JVM.

    Options that a person has set are not touched. Raises `UserError` when pyspark is not installed.
    """
    spark = home()
    found = {
        # Spark starts the Java that was found, not the first one on PATH.
        "JAVA_HOME": str(java.resolve().parent.parent),
        # Of pyspark: that of another Spark on this machine, which the environment may name, has other jars.
        "SPARK_HOME": str(spark),
        "SPARK_CONF_DIR": str(spark / "conf"),
    }
    if options and _OPTIONS not in os.environ:
        found[_OPTIONS] = shlex.join(options)
    return found
