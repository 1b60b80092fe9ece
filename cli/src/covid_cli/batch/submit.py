"""A command line made for EMR, run by the Spark of this machine.

Its words stay as they are. That `s3://` is Hadoop's S3A here, where the bucket is and whose keys open it
stands in Spark's configuration, as on EMR.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.stack import jars
from covid_cli.stack.java import find_java
from covid_cli.stack.process import kill_group
from covid_cli.stack.servers.jvm import FRUGAL
from covid_core.settings import S3Settings

_SUBMIT: Final = "spark-submit"
_S3A: Final = "s3a"
_LOGGING: Final = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d %p %c{1}: %m%n%ex
"""
"""As the driver's session has it; before there is one, spark-submit would tell of everything that it does."""


def submit(
    arguments: Sequence[str],
    s3: S3Settings,
    settings: CliSettings,
    *,
    groups: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run `spark-submit …`. Raises `UserError` when it fails; what the job says goes to stderr.

    `groups`: jars beside S3A's; `options`: Spark's, `environment`: variables, beside those that
    all jobs have.
    """
    if arguments[0] != _SUBMIT:
        raise UserError(f"{arguments[0]} cannot be run here: only {_SUBMIT} can.")
    cache, maven = settings.cache_folder, settings.maven_repo
    folders = [jars.fetched(cache, maven, group) for group in (_S3A, *groups)]
    home = _spark_home()
    with tempfile.TemporaryDirectory(prefix="covid-spark-") as configuration:
        _configure(Path(configuration), s3, folders, options or {})
        environ = {
            **os.environ,
            **(environment or {}),
            "JAVA_HOME": str(find_java().resolve().parent.parent),
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_CONF_DIR": configuration,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LAUNCHER_OPTS": " ".join(FRUGAL),
        }
        command = (str(home / "bin" / _SUBMIT), *arguments[1:])
        exit_code = _followed(command, environ)
    if exit_code:
        raise UserError(f"the job ended with exit code {exit_code}; see above.")


def _followed(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit code."""
    # A group of its own, since the job's Python and its Java are two processes.
    with subprocess.Popen(command, stdout=sys.stderr, env=environ, start_new_session=True) as process:
        try:
            return process.wait()
        finally:
            kill_group(process.pid)


def _configure(folder: Path, s3: S3Settings, jar_folders: Sequence[Path], given: Mapping[str, str]) -> None:
    options = {**given, **{f"spark.hadoop.{key}": value for key, value in s3.hadoop().items()}}
    options["spark.hadoop.fs.s3.impl"] = "org.apache.hadoop.fs.s3a.S3AFileSystem"
    # Not spark.jars: the program and its packages come over S3 themselves, before those are added.
    options["spark.driver.extraClassPath"] = os.pathsep.join(f"{one}/*" for one in jar_folders)
    options["spark.ui.enabled"] = "false"
    options.setdefault("spark.driver.extraJavaOptions", " ".join(FRUGAL))  # it runs for a minute
    (folder / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    file = folder / "spark-defaults.conf"
    file.touch(mode=0o600)  # it holds the keys
    file.write_text("".join(f"{key} {value}\n" for key, value in options.items()), encoding="utf-8")


def _spark_home() -> Path:
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("Spark (the package pyspark) is not installed: covid-cli[embedded] has it.")
    return Path(next(iter(spec.submodule_search_locations)))
