"""A cluster like EMR's on this machine: S3, HDFS, one primary node and two workers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from covid_cli import provision
from covid_cli.batch.checkout import cloud
from covid_cli.batch.emr import scripts
from covid_cli.batch.spark import environment
from covid_cli.errors import UserError
from covid_cli.settings import CliSettings
from covid_cli.stack import jars
from covid_cli.stack.config import Credentials, variables
from covid_cli.stack.java import find_java
from covid_cli.stack.ports import DEFAULTS, HOST, fresh
from covid_cli.stack.process import kill_group
from covid_cli.stack.servers import hdfs, spark
from covid_cli.stack.servers.hdfs import Hdfs
from covid_cli.stack.servers.jvm import FRUGAL
from covid_cli.stack.servers.seaweedfs import seaweedfs
from covid_cli.stack.servers.spark import Spark, spark_home
from covid_cli.stack.supervisor import Supervisor
from covid_core.settings import S3Settings

PRIMARY: Final = "primary"
_S3: Final = tuple(name for name in DEFAULTS if name.startswith(("s3", "seaweedfs")))
_POLL: Final = 0.2
_STDERR: Final = 2


class Cluster:
    """Started by `started`; everything it holds is under `home`."""

    def __init__(self, home: Path, settings: CliSettings) -> None:
        """Choose ports and fetch what is missing of the jars. Raises `UserError`."""
        self.home = home
        self.supervisor = Supervisor(home / "logs")
        self._ports = fresh((*_S3, *hdfs.PORTS, *spark.PORTS))
        self._java = find_java()
        cache, repository = settings.cache_folder, settings.maven_repo
        self._jars = {group: jars.fetched(cache, repository, group) for group in ("s3a", "hdfs")}
        keys = Credentials.make()
        self._access_key, self._secret_key = keys.s3_access_key, keys.s3_secret_key
        self.s3 = S3Settings(
            endpoint=f"http://{HOST}:{self._ports['s3']}",
            access_key=self._access_key,
            secret_key=self._secret_key,
        )
        self._hdfs = Hdfs(self._java, (self._jars["hdfs"], spark_home() / "jars"), home, self._ports)
        self.environment = self._environment()
        self._spark = Spark(home, self._ports, self.environment)
        self.nodes = {name: home / "nodes" / name for name in (PRIMARY, *spark.WORKERS)}

    def start_s3(self) -> None:
        """Start S3 and make the bucket. Raises `UserError`."""
        self.supervisor.launch([seaweedfs(self.home, self._ports, self._access_key, self._secret_key)])
        provision.create_bucket(variables(self.s3))

    def bootstrap(self, source: str) -> str:
        """Run the bootstrap script for every node. Raises `UserError`."""
        script = cloud("emr") / scripts.BOOTSTRAP

        def run(folder: Path) -> str:
            folder.parent.mkdir(parents=True, exist_ok=True)
            return self._run(script, source, str(folder))

        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(run, self.nodes.values())).pop()

    def start_nodes(self) -> None:
        """Start HDFS and Spark. Raises `UserError`."""
        self._configure()
        self.supervisor.launch([self._hdfs.namenode(), self._spark.master()])
        workers = [
            self._spark.worker(name, {"PYTHONPATH": str(self.nodes[name] / "lib")}) for name in spark.WORKERS
        ]
        self.supervisor.launch([self._hdfs.datanode(), *workers])

    def to_hdfs(self, target: str) -> str:
        """Run the step that puts the primary node's data into HDFS. Raises `UserError`."""
        node = self.nodes[PRIMARY]
        return self._run(node / "job" / scripts.TO_HDFS, str(node / "data"), target)

    def submit(self, *arguments: str) -> None:
        """Run the job on the workers. Raises `UserError` where it fails; its own words are on stderr."""
        node = self.nodes[PRIMARY]
        command = (str(spark_home() / "bin" / "spark-submit"), str(node / "job" / scripts.JOB), *arguments)
        own = {**self.environment, "PYTHONPATH": str(node / "lib")}
        # spark-submit sends whatever the job's Python says to standard output. A group of its own, since
        # Python and Java are two processes.
        job = subprocess.Popen(command, env=own, stdout=_STDERR, start_new_session=True)
        try:
            while job.poll() is None:
                if self._workers_ended():
                    raise UserError(
                        "every worker has died, and nothing was written: free some memory or look for what "
                        "killed them, then run it again."
                    )
                time.sleep(_POLL)
        finally:
            kill_group(job.pid)
            job.wait()
        if job.returncode:
            raise UserError(f"the job ended with exit code {job.returncode}; see above.")

    def close(self) -> None:
        """Stop every process."""
        names = list(self.supervisor.watched)
        self.supervisor.stop((names[1:], names[:1]))

    def _workers_ended(self) -> bool:
        processes = [self.supervisor.watched[name].process for name in spark.WORKERS]
        return all(process is None or process.exit_code() is not None for process in processes)

    def _run(self, script: Path, *arguments: str) -> str:
        done = subprocess.run(
            ("bash", str(script), *arguments),
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
            raise UserError(f"{script.name} ended with exit code {done.returncode}; see above.")
        return done.stdout.strip()

    def _environment(self) -> dict[str, str]:
        # Whatever this machine knows of AWS stays out of it.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        places = (str(self._hdfs.commands), sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath))
        return {
            **inherited,
            **environment(),
            "PATH": os.pathsep.join(places),
            "SPARK_CONF_DIR": str(self.home / "conf"),
            "HADOOP_CONF_DIR": str(self._hdfs.configuration),
            "AWS_ENDPOINT_URL": str(self.s3.endpoint),
            "AWS_ACCESS_KEY_ID": self._access_key,
            "AWS_SECRET_ACCESS_KEY": self._secret_key,
            "AWS_DEFAULT_REGION": self.s3.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def _configure(self) -> None:
        """What EMR's nodes have in /etc/spark/conf."""
        folder = self.home / "conf"
        folder.mkdir(exist_ok=True)
        classes = f"{self._jars['s3a']}/*"
        defaults = {
            "spark.master": self._spark.url,
            "spark.driver.extraClassPath": classes,
            "spark.executor.extraClassPath": classes,
            "spark.driver.memory": "768m",
            "spark.executor.memory": "768m",
            # Four JVMs on few cores, each for a minute.
            "spark.driver.extraJavaOptions": " ".join(FRUGAL),
            "spark.executor.extraJavaOptions": " ".join(FRUGAL),
            "spark.ui.enabled": "false",
            "spark.local.dir": str(self.home / "spark"),
            # The keys are in the environment, as a node's role is on EMR.
            **{f"spark.hadoop.{key}": value for key, value in self.s3.hadoop().items() if "key" not in key},
        }
        lines = "".join(f"{name} {value}\n" for name, value in defaults.items())
        # Of the job's own package: before it has a session, spark-submit would tell of everything it does.
        shutil.copy(self.nodes[PRIMARY] / "lib" / "covid_batch" / "log4j2.properties", folder)
        (folder / "spark-defaults.conf").write_text(lines, encoding="utf-8")


@contextmanager
def started(home: Path, settings: CliSettings) -> Iterator[Cluster]:
    """A cluster whose S3 runs. Raises `UserError`; stops everything at the end."""
    with closing(Cluster(home, settings)) as cluster:
        cluster.start_s3()
        yield cluster
