"""Kafka, a Spark master and two workers, and the streaming job that spark-submit brings to them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from covid_cli.batch.checkout import cloud, place
from covid_cli.batch.spark import environment
from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.stack import jars
from covid_cli.stack.config import variables
from covid_cli.stack.java import find_java
from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST, fresh
from covid_cli.stack.process import Command
from covid_cli.stack.servers import spark
from covid_cli.stack.servers.jvm import FRUGAL
from covid_cli.stack.servers.kafka import kafka
from covid_cli.stack.servers.spark import Spark, spark_home
from covid_cli.stack.supervisor import Supervisor
from covid_core.settings import KafkaSettings, StreamSettings

STREAM: Final = "stream"
_PROGRAM: Final = "services/spark-stream/stream.py"
_TOPICS: Final = "topics.py"
_REFUSED: Final = 3
_START_SECONDS: Final = 180
_EXECUTOR_MEMORY: Final = "768m"
_FRUGAL: Final = shlex.join(FRUGAL)


class Cluster:
    """Started by `started`; everything it holds is under `home`."""

    def __init__(self, home: Path, settings: CliSettings) -> None:
        """Choose ports and fetch what is missing of the jars. Raises `UserError`."""
        self.home = home
        self.checkpoint = home / "checkpoint"
        self.supervisor = Supervisor(home / "logs")
        self._program, self._topics = place(_PROGRAM), cloud("emr") / _TOPICS
        self._ports = fresh(("kafka", "kafka-controller", STREAM, *spark.PORTS))
        self._java = find_java()
        cache, repository = settings.cache_folder, settings.maven_repo
        self._jars = {group: jars.fetched(cache, repository, group) for group in ("kafka", "spark")}
        self.kafka = KafkaSettings(bootstrap=f"{HOST}:{self._ports['kafka']}")
        stream = StreamSettings(
            checkpoint=str(self.checkpoint),
            # One for each worker, so that both keep state.
            shuffle_partitions=len(spark.WORKERS),
            http_port=self._ports[STREAM],
        )
        self._environment = {
            **environment(),
            **variables(self.kafka, stream),
        }
        self._spark = Spark(home, self._ports, self._environment)

    def start(self) -> None:
        """Start broker and master, make the topics, start workers and job. Raises `UserError`."""
        self.supervisor.launch(
            [kafka(self._java, self._jars["kafka"], self.home, self._ports), self._spark.master()]
        )
        self._make_topics()
        workers = [self._spark.worker(name, {}) for name in spark.WORKERS]
        ready = answers(f"http://{HOST}:{self._ports[STREAM]}/readyz")
        command = Command(self.submission(), self._environment)
        self.supervisor.launch(
            [*workers, Part(STREAM, command, ready, start_seconds=_START_SECONDS, stop_seconds=5)]
        )

    def submission(self) -> tuple[str, ...]:
        """The command line, as cloud/emr/stream.yaml has it; only where jars and cluster are differs."""
        listed = ",".join(sorted(map(str, self._jars["spark"].glob("*.jar"))))
        options = {
            "spark.local.dir": str(self.home / "spark"),
            "spark.executor.memory": _EXECUTOR_MEMORY,
            "spark.executor.extraJavaOptions": _FRUGAL,
            "spark.driver.extraJavaOptions": _FRUGAL,
        }
        return (
            str(spark_home() / "bin" / "spark-submit"),
            *("--master", self._spark.url, "--deploy-mode", "client", "--jars", listed),
            *(word for name, value in options.items() for word in ("--conf", f"{name}={value}")),
            str(self._program),
        )

    def publish(self, paths: Sequence[Path], countries: str) -> bool:
        """Publish files by the producer. Whether all was accepted; what was not is on stderr.

        Raises `UserError` where nothing could be published.
        """
        argv = (sys.executable, "-m", "covid_producer", "publish", *map(str, paths), "--countries", countries)
        done = subprocess.run(argv, env=self._inherited(), stdout=sys.stderr, check=False)
        if done.returncode not in (0, _REFUSED):
            raise UserError(f"the producer ended with exit code {done.returncode}; see above.")
        return done.returncode == 0

    def check(self) -> None:
        """Raise `UserError` where the job or a server has ended."""
        for name, watched in self.supervisor.watched.items():
            if watched.process is not None and watched.process.exit_code() is not None:
                raise UserError(f"{name} has ended while it worked: see {watched.log}, then run it again.")

    @property
    def log(self) -> Path:
        """The job's."""
        return self.supervisor.watched[STREAM].log

    def close(self) -> None:
        """Stop every process, the job first."""
        servers = [name for name in self.supervisor.watched if name != STREAM]
        self.supervisor.stop(([STREAM], servers))

    def _make_topics(self) -> None:
        """Run the step of EMR that makes them."""
        step = (sys.executable, str(self._topics))
        done = subprocess.run(step, env=self._inherited(), stdout=sys.stderr, check=False)
        if done.returncode:
            raise UserError(f"{_TOPICS} ended with exit code {done.returncode}; see above.")

    def _inherited(self) -> dict[str, str]:
        return {**os.environ, **self._environment}


@contextmanager
def started(home: Path, settings: CliSettings) -> Iterator[Cluster]:
    """A cluster on which the job runs. Raises `UserError`; stops everything at the end."""
    with closing(Cluster(home, settings)) as cluster:
        cluster.start()
        yield cluster
