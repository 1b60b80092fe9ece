"""Kafka, a Spark master and two workers, and the streaming job that spark-submit brings to them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from covid_cli.batch.checkout import cloud
from covid_cli.batch.spark import environment
from covid_cli.errors import UserError
from covid_cli.kafka_tools import CLASSES, Tool
from covid_cli.settings import CliSettings
from covid_cli.stack import jars
from covid_cli.stack.config import variables
from covid_cli.stack.java import find_java
from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST, fresh
from covid_cli.stack.process import Command
from covid_cli.stack.servers import spark
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.servers.spark import Spark, spark_home
from covid_cli.stack.supervisor import Supervisor
from covid_core.settings import KafkaSettings, StreamSettings

STREAM: Final = "stream"
_PROGRAM: Final = Path(__file__).parents[5] / "services" / "spark-stream" / "stream.py"
"""Of a checkout; an installed package has none."""
_TOPICS: Final = "topics.sh"
_DONE: Final = (0, 3)
_START_SECONDS: Final = 180


class Cluster:
    """Started by `started`; everything it holds is under `home`."""

    def __init__(self, home: Path, settings: CliSettings) -> None:
        """Choose ports and fetch what is missing of the jars. Raises `UserError`."""
        if not _PROGRAM.exists():
            raise UserError(f"{_PROGRAM} is not there: start this from a checkout, after `make setup`.")
        self.home = home
        self.checkpoint = home / "checkpoint"
        self.supervisor = Supervisor(home / "logs")
        self._ports = fresh(("kafka", "kafka-controller", STREAM, *spark.PORTS))
        self._java = find_java()
        cache, repository = settings.cache_folder, settings.maven_repo
        self._jars = {group: jars.fetched(cache, repository, group) for group in ("kafka", "spark")}
        self._spark = Spark(home, self._ports, {**environment(), "SPARK_HOME": str(spark_home())})
        self.kafka = KafkaSettings(bootstrap=f"{HOST}:{self._ports['kafka']}")
        self.environment: Mapping[str, str] = {
            **environment(),
            **variables(
                self.kafka,
                StreamSettings(
                    checkpoint=str(self.checkpoint),
                    # One for each worker, so that both keep state.
                    shuffle_partitions=len(spark.WORKERS),
                    http_port=self._ports[STREAM],
                ),
            ),
        }

    def start(self) -> None:
        """Start broker and master, make the topics, start the workers, submit the job. Raises `UserError`."""
        broker = kafka(self._java, self._jars["kafka"], self.home, self._ports)
        self._start([broker, self._spark.master()])
        self._make_topics()
        self._start([self._spark.worker(name, {}) for name in spark.WORKERS])
        command = Command(self.submission(), self.environment)
        ready = answers(f"http://{HOST}:{self._ports[STREAM]}/readyz")
        self._start([Part(STREAM, command, ready, start_seconds=_START_SECONDS, stop_seconds=5)])

    def submission(self) -> tuple[str, ...]:
        """The command line, as cloud/emr/cluster.yaml has it; only where jars and cluster are differs."""
        listed = ",".join(sorted(map(str, self._jars["spark"].glob("*.jar"))))
        submit = str(spark_home() / "bin" / "spark-submit")
        options = ("--master", self._spark.url, "--deploy-mode", "client", "--jars", listed)
        local = ("--conf", f"spark.local.dir={self.home / 'spark'}", "--conf", "spark.executor.memory=768m")
        return (submit, *options, *local, str(_PROGRAM))

    def publish(self, paths: Sequence[Path], countries: str) -> bool:
        """Publish files by the producer. Whether all was accepted; what was not is on stderr.

        Raises `UserError` where nothing could be published.
        """
        argv = (sys.executable, "-m", "covid_producer", "publish", *map(str, paths), "--countries", countries)
        done = subprocess.run(argv, env=self._inherited(), stdout=sys.stderr, check=False)
        if done.returncode not in _DONE:
            raise UserError(f"the producer ended with exit code {done.returncode}; see above.")
        return done.returncode == 0

    def check(self) -> None:
        """Raise `UserError` where the job or a server has ended."""
        for name, watched in self.supervisor.watched.items():
            if watched.process is not None and watched.process.exit_code() is not None:
                raise UserError(f"{name} has ended while it worked: see {watched.log}, then run it again.")

    def stop(self) -> None:
        """Stop every process, the job first."""
        servers = [name for name in self.supervisor.watched if name != STREAM]
        self.supervisor.stop(([STREAM], servers))

    def _make_topics(self) -> None:
        """Run the step of EMR that makes them, with Kafka's own tool out of the jars."""
        folder = self.home / "kafka"
        tool = folder / "bin" / "kafka-topics.sh"
        tool.parent.mkdir(parents=True, exist_ok=True)
        start = (str(self._java), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dlog4j2.level=ERROR")
        words = (*start, "-cp", f"{self._jars['kafka']}/*", CLASSES[Tool.TOPICS])
        tool.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        tool.chmod(0o755)
        environ = {**self._inherited(), "BOOTSTRAP": self.kafka.bootstrap}
        script = ("bash", str(cloud("emr") / _TOPICS), str(folder))
        done = subprocess.run(script, env=environ, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.stderr.write(done.stdout + done.stderr)
            raise UserError(f"{_TOPICS} ended with exit code {done.returncode}; see above.")

    def _start(self, parts: Sequence[Part]) -> None:
        self.supervisor.add(parts)
        self.supervisor.start(part.name for part in parts)

    def _inherited(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


@contextmanager
def started(home: Path, settings: CliSettings) -> Iterator[Cluster]:
    """A cluster on which the job runs. Raises `UserError`; stops everything at the end."""
    cluster = Cluster(home, settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
