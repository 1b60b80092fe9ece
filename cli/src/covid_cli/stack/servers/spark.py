"""A standalone Spark cluster: one master and its workers, from the jars of PyPI's pyspark."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path

from covid_cli.errors import UserError
from covid_cli.stack.part import Part, answers
from covid_cli.stack.ports import HOST
from covid_cli.stack.process import Command
from covid_cli.stack.servers.jvm import FRUGAL

WORKERS = ("worker-1", "worker-2")
PORTS = ("spark", "spark-http", *WORKERS, *(f"{name}-http" for name in WORKERS))
_DEPLOY = "org.apache.spark.deploy"


def spark_home() -> Path:
    """The folder of Spark. Raises `UserError` where it is not installed."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("Spark (the package pyspark) is not installed: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations)))


@dataclass(frozen=True)
class Spark:
    """One cluster of a home. `environment` is that of every daemon, and with it of the executors."""

    home: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """What spark-submit takes as --master."""
        return f"spark://{HOST}:{self.ports['spark']}"

    def master(self) -> Part:
        """Hands out the workers."""
        command = self._daemon(
            "master.Master", "--port", str(self.ports["spark"]), "--webui-port", str(self.ports["spark-http"])
        )
        return Part("master", command, answers(f"http://{HOST}:{self.ports['spark-http']}/"))

    def worker(self, name: str, node: Mapping[str, str], memory: str = "1g") -> Part:
        """One core and so much memory for executors. `node` adds to the environment of this one."""
        folder = self.home / "spark" / name
        command = self._daemon(
            "worker.Worker",
            *("--cores", "1", "--memory", memory, "--work-dir", str(folder)),
            *("--port", str(self.ports[name]), "--webui-port", str(self.ports[f"{name}-http"])),
            self.url,
            environment=node,
        )
        return Part(name, command, self._registered(name))

    def _daemon(self, main: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Command:
        frugal = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": " ".join(FRUGAL)}
        own = {**self.environment, **(environment or {}), **frugal}
        program = str(spark_home() / "bin" / "spark-class")
        return Command((program, f"{_DEPLOY}.{main}", "--host", HOST, *arguments), own)

    def _registered(self, name: str) -> Callable[[], bool]:
        def check() -> bool:
            connection = HTTPConnection(HOST, self.ports["spark-http"], timeout=2)
            try:
                connection.request("GET", "/json/")
                workers = json.load(connection.getresponse())["workers"]
            except (OSError, HTTPException, ValueError):
                return False
            finally:
                connection.close()
            return any(one["port"] == self.ports[name] and one["state"] == "ALIVE" for one in workers)

        return check
